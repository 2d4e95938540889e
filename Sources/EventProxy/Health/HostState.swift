// SPDX-License-Identifier: Apache-2.0

/// What active checks say of a host.
enum CheckVerdict: UInt8, CaseIterable {
    /// Nothing yet, or it is not checked: it is used.
    case unknown
    case up
    case down
    /// It asked for no new requests; those it has may finish.
    case drain
}

/// Everything that is shared about a host's availability, in one word: so it is read and changed as a whole.
///
///     0–1 check · 2 ejected · 3 probing · 4–5 reason · 6 unreachable · 7 retired · 8–12 level · 16–63 time in ms
struct HostState: Equatable {
    private(set) var bits: UInt64

    init() {
        bits = 0
    }

    init(bits: UInt64) {
        self.bits = bits
    }

    var check: CheckVerdict {
        // Two bits, four cases.
        get { CheckVerdict(rawValue: UInt8(field(0, 2))) ?? .unknown }
        set { setField(0, 2, UInt64(newValue.rawValue)) }
    }

    /// Ejected until a probe or an active check succeeds, which is not before `timeMs`.
    var isEjected: Bool {
        get { field(2, 1) != 0 }
        set { setField(2, 1, newValue ? 1 : 0) }
    }

    /// One request has been let through; `timeMs` is when it is given up.
    var isProbing: Bool {
        get { field(3, 1) != 0 }
        set { setField(3, 1, newValue ? 1 : 0) }
    }

    /// Why it is, or was last, ejected.
    var reason: EjectionReason {
        get { EjectionReason(rawValue: UInt8(field(4, 2))) ?? .consecutiveFailures }
        set { setField(4, 2, UInt64(newValue.rawValue)) }
    }

    /// Active checks find it down because it takes no connections.
    var isUnreachable: Bool {
        get { field(6, 1) != 0 }
        set { setField(6, 1, newValue ? 1 : 0) }
    }

    /// The configuration, or its name's resolution, does not have it any more.
    var isRetired: Bool {
        get { field(7, 1) != 0 }
        set { setField(7, 1, newValue ? 1 : 0) }
    }

    /// Ejections so far, less those that were forgiven.
    var level: Int {
        get { Int(field(8, 5)) }
        set { setField(8, 5, UInt64(newValue)) }
    }

    /// While ejected: when a probe may go (the next one, while one is under way). Else: in service since, 0 for ever.
    var timeMs: Int64 {
        get { Int64(field(16, 48)) }
        set { setField(16, 48, UInt64(newValue)) }
    }

    /// Checks let it be used.
    var isCheckedOut: Bool { check == .down || check == .drain }
    /// It gets ordinary requests.
    var isAvailable: Bool { !isEjected && !isCheckedOut }
    /// A probe may be sent.
    func isProbeDue(nowMs: Int64) -> Bool { isEjected && !isCheckedOut && nowMs >= timeMs }

    /// In which order hosts are used when not enough are available: those that answer at least, then those that do not
    /// even take connections, then those that asked for nothing.
    var tier: HostTier {
        if check == .drain { return .draining }
        if isAvailable { return .available }
        let isDead = check == .down && isUnreachable || isEjected && reason == .connectFailure
        return isDead ? .unreachable : .failing
    }

    private func field(_ shift: UInt64, _ width: UInt64) -> UInt64 {
        bits &>> shift & (1 &<< width &- 1)
    }

    private mutating func setField(_ shift: UInt64, _ width: UInt64, _ value: UInt64) {
        let mask: UInt64 = 1 &<< width &- 1
        precondition(value <= mask)
        bits = bits & ~(mask &<< shift) | value &<< shift
    }
}

/// How willingly a host is used; lower is better.
enum HostTier: UInt8, Comparable, CaseIterable {
    case available
    /// Ejected, or found down, but it takes connections.
    case failing
    case unreachable
    case draining

    static func < (a: HostTier, b: HostTier) -> Bool { a.rawValue < b.rawValue }
}
