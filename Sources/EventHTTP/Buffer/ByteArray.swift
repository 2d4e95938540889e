// SPDX-License-Identifier: Apache-2.0

extension Array where Element == UInt8 {
    /// The bytes of a view, as a value that can be kept.
    package init(copying bytes: Span<UInt8>) {
        unsafe self.init(unsafeUninitializedCapacity: bytes.count) { memory, count in
            count = unsafe bytes.withUnsafeBufferPointer { source in
                unsafe memory.initialize(fromContentsOf: source)
            }
        }
    }
}
