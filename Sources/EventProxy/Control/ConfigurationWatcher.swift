// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Notices that the configuration file has other content.
///
/// What counts is the content that the path leads to, whatever was replaced on the way: the file, a symbolic link, or,
/// as Kubernetes does it with a ConfigMap, the link `..data` beside it. So the folder is watched for anything that
/// happens in it, and looked at every ten seconds in case the folder itself was replaced.
final class ConfigurationWatcher: DeadlineOwner {
    /// Several changes in a row, such as those of an editor, are one.
    static let settleMs: Int64 = 100
    static let pollMs: Int64 = 10_000

    private let path: String
    private let loop: EventLoop
    private let changed: ([UInt8]) -> Void
    private var content: [UInt8]
    private var folder: FolderWatcher?
    private var deadline: TimerWheel.ID?

    /// `content` is what the file was when it was read last; `changed` hears of every other one.
    init(_ path: String, content: [UInt8], on loop: EventLoop, changed: @escaping ([UInt8]) -> Void) {
        self.path = path
        self.content = content
        self.loop = loop
        self.changed = changed
        deadline = loop.addDeadline(self)
        watch()
        arm(Self.pollMs)
    }

    deinit {
        if let deadline { loop.removeDeadline(deadline) }
    }

    private func watch() {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let name = parts.isEmpty ? "." : parts.count == 1 && parts[0].isEmpty ? "/" : parts.joined(separator: "/")
        folder = FolderWatcher(name, on: loop) { [weak self] in self?.arm(Self.settleMs) }
    }

    private func arm(_ afterMs: Int64) {
        if let deadline { loop.setDeadline(deadline, atMs: loop.nowMs + afterMs) }
    }

    func deadlinePassed() {
        look()
        // The folder may be another one by now, or have come into being.
        if !(folder?.isWatching ?? false) { watch() }
        arm(Self.pollMs)
    }

    /// Reads the file now. One that cannot be read may be about to be replaced.
    private func look() {
        guard let now = try? ProxyConfiguration.read(path: path), now != content else { return }
        content = now
        changed(now)
    }
}
