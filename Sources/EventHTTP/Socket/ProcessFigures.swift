// SPDX-License-Identifier: Apache-2.0
internal import CEv
internal import Glibc

/// What the system says of this process.
package struct ProcessFigures: Sendable {
    /// nil where there is no /proc.
    package let residentBytes: Int?
    package let openFiles: Int?
    package let cpuSeconds: Double

    /// As it is now. Reads /proc, so not in a request's way.
    package static var current: ProcessFigures {
        ProcessFigures(
            residentBytes: residentBytes(), openFiles: entries(of: "/proc/self/fd"), cpuSeconds: cpuSeconds())
    }

    package static var processID: Int { Int(getpid()) }

    /// Seconds since 1970.
    package static var unixSeconds: Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func residentBytes() -> Int? {
        guard let pages = FileReader.text("/proc/self/statm")?.split(separator: " ").dropFirst().first else {
            return nil
        }
        return Int(pages).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// Less the one that counting takes.
    private static func entries(of folder: String) -> Int? {
        guard let stream = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(stream) }
        var count = 0
        while let entry = unsafe readdir(stream) {
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return max(count - 1, 0)
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
