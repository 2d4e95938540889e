// SPDX-License-Identifier: Apache-2.0

/// Elements in memory that is allocated once: no growth, no copy on write, no reference count.
@safe package struct FixedArray<Element: BitwiseCopyable>: ~Copyable {
    private let memory: UnsafeMutablePointer<Element>
    package let capacity: Int
    package private(set) var count = 0

    package init(capacity: Int) {
        unsafe memory = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        unsafe memory.deallocate()
    }

    package subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return unsafe memory[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe memory[index] = newValue
        }
    }

    /// Adds an element, or says that there is no room.
    package mutating func append(_ element: Element) -> Bool {
        if count == capacity { return false }
        unsafe (memory + count).initialize(to: element)
        count &+= 1
        return true
    }

    package mutating func removeAll() {
        count = 0
    }

    package var span: Span<Element> {
        @_lifetime(borrow self) get {
            unsafe _overrideLifetime(Span(_unsafeStart: memory, count: count), borrowing: self)
        }
    }
}
