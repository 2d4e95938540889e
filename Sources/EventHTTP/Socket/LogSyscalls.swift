// SPDX-License-Identifier: Apache-2.0
// What the log asks of libc, as thin safe wrappers. Failures come back as a negative errno; EINTR never does.
internal import CEv
internal import Glibc

/// A moment of the wall clock.
struct LogTime: Equatable {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    var seconds: Int
    /// 0 ..< 1,000,000,000.
    var nanoseconds: Int
}

/// Whose calendar a time is shown in.
enum LogZone {
    case local
    case utc
}

/// A calendar date and time of day.
struct LogCalendar: Equatable {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
}

enum LogSyscalls {
    static let folderMode: mode_t = 0o755
    static let fileMode: mode_t = 0o644

    // MARK: Files

    /// Opens for appending, creating the file if it is not there. O_NONBLOCK: a FIFO nobody reads must not stop us.
    static func openForAppending(_ path: String) -> Int32 {
        retrying {
            unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, fileMode)
        }
    }

    /// Why a file could not be opened for appending, and its folders made, as an errno; 0 if it could. Makes nothing.
    static func appendingError(_ path: String) -> Int32 {
        func error(_ path: String, _ mode: Int32) -> Int32 { unsafe access(path, mode) == 0 ? 0 : errno }
        var failure = error(path, W_OK)
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        // What is not there is made in the first folder that is.
        while failure == ENOENT, parts.popLast() != nil {
            let folder = parts.isEmpty ? "." : parts == [""] ? "/" : parts.joined(separator: "/")
            failure = error(folder, W_OK | X_OK)
        }
        return failure
    }

    /// Creates the folder of a file and all folders above it; 0 when they exist afterwards.
    static func makeFolders(for path: String) -> Int32 {
        var prefix = ""
        var failure: Int32 = 0
        for component in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            prefix += component + "/"
            if component.isEmpty || component == "." || component == ".." { continue }
            // EEXIST is the usual answer; any other may still be followed by success (EROFS of a mount point's parent).
            failure = retrying { unsafe mkdir(prefix, folderMode) }
            if failure == -EEXIST { failure = 0 }
        }
        return failure
    }

    /// Writes once: the number of bytes taken, or a negative errno.
    static func write(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            while true {
                let count = unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                if count >= 0 { return count }
                if errno != EINTR { return -Int(errno) }
            }
        }
    }

    static func closeDescriptor(_ descriptor: Int32) {
        // Linux frees the descriptor even when close says EINTR: never twice.
        _ = close(descriptor)
    }

    /// What an errno means, in the C library's words.
    static func errorText(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "unknown error" }
        return unsafe String(cString: text)
    }

    // MARK: Waiting

    /// A pipe whose both ends do not block and are not inherited, or a negative errno.
    static func makePipe() -> (status: Int32, read: Int32, write: Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        let status = unsafe withUnsafeMutableBytes(of: &ends) { raw in
            unsafe pipe(raw.assumingMemoryBound(to: Int32.self).baseAddress) == 0 ? 0 : -errno
        }
        guard status == 0 else { return (status, -1, -1) }
        for end in [ends.0, ends.1] {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        return (0, ends.0, ends.1)
    }

    /// Waits until `readable` has bytes or is closed, `writable` takes bytes, or the time is over.
    /// A negative descriptor is not watched; a negative time is forever. An error of `writable` counts as ready.
    static func wait(readable: Int32, writable: Int32 = -1, timeoutMs: Int32) -> (readable: Bool, writable: Bool) {
        var watched = (
            pollfd(fd: readable, events: Int16(POLLIN), revents: 0),
            pollfd(fd: writable, events: Int16(POLLOUT), revents: 0)
        )
        let count = unsafe withUnsafeMutableBytes(of: &watched) { raw in
            unsafe poll(raw.assumingMemoryBound(to: pollfd.self).baseAddress, 2, timeoutMs)
        }
        // EINTR counts as time over: every caller looks again.
        guard count > 0 else { return (false, false) }
        return (watched.0.revents != 0, watched.1.revents != 0)
    }

    /// Makes `wait` return for the other end; a full pipe already does that.
    static func poke(_ descriptor: Int32) {
        let byte: [UInt8] = [1]
        _ = write(descriptor, byte.span)
    }

    /// Takes what `poke` wrote.
    static func drain(_ descriptor: Int32) {
        var room = InlineArray<64, UInt8>(repeating: 0)
        var span = room.mutableSpan
        unsafe span.withUnsafeMutableBytes { raw in
            while unsafe read(descriptor, raw.baseAddress, raw.count) == raw.count {}
        }
    }

    // MARK: Time

    /// The wall clock.
    static func now() -> LogTime {
        let time = clock(CLOCK_REALTIME)
        return LogTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }

    /// A clock nobody sets, in milliseconds.
    static func monotonicMs() -> Int {
        let time = clock(CLOCK_MONOTONIC)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }

    private static func clock(_ id: clockid_t) -> timespec {
        var time = timespec()
        let status = unsafe clock_gettime(id, &time)
        precondition(status == 0, "clock_gettime cannot fail for a clock that exists")
        return time
    }

    /// The date and time of day of a second, in UTC or the process's time zone.
    static func calendar(_ seconds: Int, _ zone: LogZone) -> LogCalendar {
        var input: time_t = seconds
        var parts = unsafe tm()
        switch zone {
        case .local: _ = unsafe localtime_r(&input, &parts)
        case .utc: _ = unsafe gmtime_r(&input, &parts)
        }
        return unsafe LogCalendar(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
    }

    private static func retrying(_ call: () -> Int32) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { return -errno }
        }
    }
}
