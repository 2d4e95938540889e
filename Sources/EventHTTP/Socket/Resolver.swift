// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Turns host names into addresses with the system's resolver. It blocks: for start-up, or a thread of its own.
public enum Resolver {
    /// Why a name could not be resolved.
    public struct Failure: Error, CustomStringConvertible {
        /// What was to be resolved.
        public let name: String
        /// What the resolver says.
        public let reason: String
        /// The name does not exist, or has no address: an answer, not the want of one.
        public let isFinal: Bool

        package init(name: String, reason: String, isFinal: Bool) {
            self.name = name
            self.reason = reason
            self.isFinal = isFinal
        }

        public var description: String { "cannot resolve \(name): \(reason)" }
    }

    /// All addresses of `name`, which may be a literal, each once, in the resolver's order.
    public static func addresses(of name: String, port: UInt16) throws(Failure) -> [SocketAddress] {
        if let literal = SocketAddress(name, port: port) { return [literal] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(name, String(port), &hints, &list)
        guard status == 0 else {
            let isFinal = status == EAI_NONAME || status == Self.noData
            throw Failure(name: name, reason: unsafe String(cString: gai_strerror(status)), isFinal: isFinal)
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            var storage = sockaddr_storage()
            let length = unsafe min(Int(entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            unsafe withUnsafeMutableBytes(of: &storage) {
                unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: length))
            }
            if let address = SocketAddress(&storage), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// glibc's EAI_NODATA, which its header hides from Swift: the name exists and has no address.
    private static let noData: Int32 = -5

    /// Resolves on a thread of its own, as the system's resolver blocks for as long as its servers do not answer.
    /// `completion` is called on that thread. False if the system has no thread to give; then it is not called.
    package static func lookUp(
        _ name: String, port: UInt16,
        _ completion: @escaping @Sendable (Result<[SocketAddress], Failure>) -> Void
    ) -> Bool {
        onThread(completion) { () throws(Failure) in try addresses(of: name, port: port) }
    }

    /// The same for the places of a service.
    package static func lookUp(
        service name: String, _ completion: @escaping @Sendable (Result<ServiceAnswer, Failure>) -> Void
    ) -> Bool {
        onThread(completion) { () throws(Failure) in try places(ofService: name) }
    }

    private static func onThread<Answer>(
        _ completion: @escaping @Sendable (Result<Answer, Failure>) -> Void,
        _ ask: @escaping @Sendable () throws(Failure) -> Answer
    ) -> Bool {
        let started = SystemThread.start("resolver") { completion(Result { () throws(Failure) in try ask() }) }
        started.thread?.detach()
        return started.thread != nil
    }
}
