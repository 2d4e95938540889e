// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

// What a configuration that is right by itself asks of the machine. An address that is another machine's, or a port
// that is in use, is not looked at: files are checked where they do not run.

extension ProxyConfiguration {
    /// What this file names and the start needs. `file` is what messages call the configuration. Blocks while it reads.
    public func checkFiles(file: String) throws(ConfigurationErrors) {
        guard admin.enabled, !admin.tokenFile.isEmpty else { return }
        do throws(AdminToken.Failure) {
            _ = try AdminToken(path: admin.tokenFile)
        } catch {
            let message = "proxy.admin.token_file \(admin.tokenFile.quotedForMessage): \(error.reason)"
            throw ConfigurationErrors([Diagnostic(file: file, position: nil, message: message)])
        }
    }

    /// What the proxy could not do here as the file says, though it would run. `openFiles` is how many files it may
    /// have open, `workers` how many loops it has.
    public func warnings(workers: Int, openFiles: Int, logFileProblem: String?) -> [String] {
        var warnings: [String] = []
        let (each, all) = (limits.connections, limits.connections * workers)
        if 2 * all + OpenFiles.reserved > openFiles {
            warnings.append(
                "proxy.limits.connections: \(each) clients of each of \(workers) worker(s) may need up to "
                    + "\(2 * all + OpenFiles.reserved) open files, and \(openFiles) are allowed; \(Self.remedy)")
        }
        if limits.hostRequests + OpenFiles.reserved > openFiles {
            warnings.append(
                "proxy.limits.host_requests: \(limits.hostRequests) requests are as many open files, and "
                    + "\(openFiles) are allowed; \(Self.remedy)")
        }
        if let logFileProblem, log.file != LogOptions.defaultFile {
            let path = log.file.quotedForMessage
            warnings.append("proxy.log.file \(path) cannot be opened: \(logFileProblem); lines for it are lost")
        }
        return warnings
    }

    private static let remedy = "raise the limit (ulimit -n) or lower the number"
}
