// SPDX-License-Identifier: Apache-2.0
import CFuzzer
import Glibc

/// One of the targets, run by libFuzzer with its own options: `fuzz request -max_total_time=60 CORPUS`.
@main struct Fuzz {
    static let targets: [(name: String, test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt)] = [
        ("request", { run($0, $1, fuzzRequest) }),
        ("response", { run($0, $1, fuzzResponse) }),
        ("chunked", { run($0, $1, fuzzChunked) }),
        ("proxy-header", { run($0, $1, fuzzProxyHeader) }),
        ("forwarded", { run($0, $1, fuzzForwarded) }),
        ("service", { run($0, $1, fuzzService) }),
        ("configuration", { run($0, $1, fuzzConfiguration) }),
        ("proxy", { run($0, $1, fuzzProxy) }),
    ]

    static func main() {
        let name = CommandLine.arguments.dropFirst().first ?? ""
        guard let target = targets.first(where: { $0.name == name }) else {
            print("usage: fuzz TARGET [libFuzzer's options] [CORPUS...]; targets: \(targets.map(\.name))")
            exit(2)
        }
        // libFuzzer's own arguments begin after the target's name.
        var count = CommandLine.argc - 1
        let arguments = CommandLine.unsafeArgv + 1
        arguments[0] = CommandLine.unsafeArgv[0]
        var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = arguments
        exit(LLVMFuzzerRunDriver(&count, &pointer, target.test))
    }

    private static func run(_ data: UnsafePointer<UInt8>?, _ count: Int, _ test: ([UInt8]) -> Void) -> CInt {
        test(Array(UnsafeBufferPointer(start: data, count: count)))
        return 0
    }
}

/// What a target promises about each input; else the input is a finding.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
    if holds { return }
    let text = Array("BROKEN PROMISE: \(what())\n".utf8)
    _ = text.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    abort()
}

/// Calls `body` with a copy of `bytes` that ends where its memory does, so that AddressSanitizer sees a look beyond.
func exactly<Result>(_ bytes: some Collection<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    defer { memory.deallocate() }
    _ = memory.initialize(from: bytes)
    return body(Span(_unsafeElements: UnsafeBufferPointer(memory)))
}

extension Span<UInt8> {
    var array: [UInt8] { indices.map { self[$0] } }
}
