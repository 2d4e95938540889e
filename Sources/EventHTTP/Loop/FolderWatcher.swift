// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Tells when anything happens to the entries of a folder: files written, made, renamed or removed, links replaced.
///
/// By inotify(7), which is not told of what other machines do to a folder on a network; who has to know looks
/// from time to time as well.
package final class FolderWatcher: IOTarget {
    private static let events =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM)
        | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
    /// Room for many events; what they say does not matter.
    private static let eventBytesMax = 4096

    private var descriptor: Descriptor
    private var watcher: IOWatcher
    private let told: () -> Void
    /// The folder that was named is being watched, and has not been moved or removed.
    package private(set) var isWatching = false

    /// `told` is called on the loop's thread, once for any number of events at a time.
    package init(_ path: String, on loop: EventLoop, told: @escaping () -> Void) {
        let number = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        descriptor = number >= 0 ? Descriptor(number) : Descriptor.none
        watcher = IOWatcher(on: loop)
        self.told = told
        super.init()
        guard descriptor.isOpen, unsafe inotify_add_watch(descriptor.number, path, Self.events) >= 0 else { return }
        isWatching = true
        watcher.attach(self)
        watcher.wait(for: .read, of: descriptor)
    }

    deinit {
        watcher.stop()
    }

    override package func ready(_ events: IOEvents) {
        var buffer = [UInt8](repeating: 0, count: Self.eventBytesMax)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe read(descriptor.number, $0.baseAddress, $0.count)
            }
            if count <= 0 { break }
            // Of a folder that is gone the last that comes is IN_IGNORED; the caller finds the next one.
            isWatching = isWatching && !endsWatch(buffer, count)
        }
        told()
    }

    /// Whether one of the events says that the folder was moved or removed. Each is four words, the second of them
    /// what happened and the last the length of the name that follows.
    private func endsWatch(_ buffer: [UInt8], _ count: Int) -> Bool {
        let ends = UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED)
        var offset = 0
        while offset + 16 <= count {
            if word(buffer, offset + 4) & ends != 0 { return true }
            offset += 16 + Int(word(buffer, offset + 12))
        }
        return false
    }

    private func word(_ buffer: [UInt8], _ offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(buffer[offset + $1]) << UInt32(8 * $1) }
    }
}
