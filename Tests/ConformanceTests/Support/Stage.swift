// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// What the cases of a suite are played against: one of our executables, started once.
final class Stage: Sendable {
    enum Role: Sendable {
        /// An app-server: an origin server.
        case server
        /// A proxy-server before an origin that a case scripts: an intermediary, and a client of origins.
        case proxy
    }

    @TaskLocal static var current: Stage?

    let role: Role
    let port: UInt16
    let origin = OriginRecorder()
    private let server: Shared<Running?>

    private struct Running: @unchecked Sendable {
        let server: Server
        let origin: ScriptedOrigin?
    }

    init(_ role: Role) throws {
        self.role = role
        switch role {
        case .server:
            let server = try Server.app()
            port = server.port
            self.server = Shared(Running(server: server, origin: nil))
        case .proxy:
            let recorder = origin
            let origin = ScriptedOrigin { connection, _, _ in try recorder.converse(connection) }
            let server = try Server.proxy([[origin.port]], more: Self.configuration)
            port = server.port
            self.server = Shared(Running(server: server, origin: origin))
        }
    }

    /// Deadlines that cases wait for, short; the rest is as it comes.
    private static let configuration = """
          timeouts:
            client_header: 1s
            client_body: 1s
            per_try: 1500ms
            response: 2s
            origin_body: 1s

        """

    /// Whether the executable is still there.
    func check() throws {
        guard let server = server.current?.server else { return }
        if let end = server.process.poll() { throw TestFailure("the server has ended: \(end)\n\(server.log)") }
    }

    /// The server first: its origin waits for its connections to end.
    func stop() throws {
        guard
            let running = server.change({ running in
                defer { running = nil }
                return running
            })
        else { return }
        let end = try running.server.stop()
        if end != .exited(0) { throw TestFailure("the server ended with \(end)\n\(running.server.log)") }
    }
}

/// Starts the executable of a suite before its tests, and stops it after them.
struct StageTrait: SuiteTrait, TestScoping {
    let role: Stage.Role

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let stage = try Stage(role)
        try await Stage.$current.withValue(stage) { try await function() }
        try stage.stop()
    }
}

extension Trait where Self == StageTrait {
    static func stage(_ role: Stage.Role) -> StageTrait { StageTrait(role: role) }
}
