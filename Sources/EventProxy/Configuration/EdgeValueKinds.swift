// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

// The kinds of values that say who may ask for what.

extension ValueKind<[AddressBlock]> {
    /// A list of addresses and blocks of addresses, perhaps an empty one.
    static var blocks: ValueKind {
        .list(of: .block, unique: blockUnique, mayBeEmpty: true)
    }

    private static let blockUnique = Unique<AddressBlock>(
        key: nil, identity: { $0.description }, name: { "the block \($0.description)" })
}

extension ValueKind<AddressBlock> {
    /// An address, or all addresses that share its first bits.
    static var block: ValueKind {
        .text("an address or a block of addresses such as 10.0.0.0/8", write: { .quoted($0.description) }) { scalar in
            guard let block = AddressBlock(scalar.text) else { return .mismatch(remedy: remedy(scalar.text)) }
            // Whoever wrote 10.1.2.3/8 meant either that address or all of 10: only they can know.
            guard block.isWritten(as: scalar.text) else {
                return .mismatch(remedy: "bits beyond the prefix are set; write \(block) or the address alone")
            }
            return .value(block)
        }
    }

    private static func remedy(_ text: String) -> String? {
        if HostSyntax.isName(text) { return "names are not looked up; write the addresses" }
        if text.utf8.contains(UInt8(ascii: "[")) { return "remove the brackets" }
        if text.utf8.contains(UInt8(ascii: "-")) { return "write the range as one or more blocks" }
        return nil
    }
}

extension AddressBlock {
    /// Whether the address in `text` has no bits beyond the block's prefix.
    fileprivate func isWritten(as text: String) -> Bool {
        SocketAddress(String(text.prefix { $0 != "/" }), port: 0).map(begins) ?? false
    }
}
