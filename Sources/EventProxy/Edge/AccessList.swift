// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Which clients may ask: of all blocks that hold an address the smallest decides, and where both lists have it,
/// `deny`. An address in no block may ask if there is nothing in `allow`.
struct AccessList: Sendable {
    private let allow: AddressBlocks
    private let deny: AddressBlocks

    init(_ access: ProxyConfiguration.Access) {
        allow = AddressBlocks(access.allow)
        deny = AddressBlocks(access.deny)
    }

    func admits(_ address: SocketAddress) -> Bool {
        if allow.isEmpty, deny.isEmpty { return true }
        switch (allow.longestMatch(address), deny.longestMatch(address)) {
        case (nil, nil): return allow.isEmpty
        case (_?, nil): return true
        case (nil, _?): return false
        case (let allowed?, let denied?): return allowed > denied
        }
    }
}
