// SPDX-License-Identifier: Apache-2.0

/// Which hosts may be chosen: never one that has been tried; beyond that, first the best, then ever more of them.
struct HostFilter {
    /// How well a host has to be.
    enum Quality: Int, Comparable {
        /// Willing, and it has room for one request more.
        case ready
        /// Usable, and it has not asked for patience; the request may have to wait for its turn there.
        case willing
        /// Neither down nor about to go.
        case usable
        /// Also one that is about to go.
        case available
        /// Panic: even one that is thought to be down, for that may be wrong, and no host at all would be an error.
        case any

        static func < (a: Quality, b: Quality) -> Bool { a.rawValue < b.rawValue }
    }

    let tried: TriedHosts
    /// The services that come into question at all.
    let choice: ServiceChoice
    private(set) var quality = Quality.ready
    private let worst: Quality
    /// Only hosts of services of which none has been tried: what ails a service often ails all of its hosts.
    private(set) var wantsNewService: Bool
    var tier = 0

    /// `worst` is how far `relax` goes.
    init(tried: TriedHosts, choice: ServiceChoice = .all, worst: Quality = .any) {
        self.tried = tried
        self.choice = choice
        self.worst = worst
        wantsNewService = tried.count > 0
    }

    var isFirstAttempt: Bool { tried.count == 0 }

    /// Lets more hosts pass. False when all do that may and have not been tried.
    mutating func relax() -> Bool {
        if wantsNewService {
            wantsNewService = false
            return true
        }
        if quality >= worst { return false }
        wantsNewService = tried.count > 0
        switch quality {
        case .ready: quality = .willing
        case .willing: quality = .usable
        case .usable: quality = .available
        case .available: quality = .any
        case .any: return false
        }
        return true
    }

    func admits(_ host: Int, of table: borrowing HostTable) -> Bool {
        let entry = table[host]
        guard entry.tier == tier, isWellEnough(entry), !tried.contains(host), choice.services.contains(entry.service)
        else { return false }
        return !wantsNewService || isNew(service: entry.service, of: table)
    }

    /// Some host of the service is admitted.
    func admits(service index: Int, of table: borrowing HostTable) -> Bool {
        let service = table.service(index)
        guard service.tier == tier, choice.services.contains(index) else { return false }
        if isFirstAttempt, quality == .ready { return service.readyCount > 0 }
        guard !wantsNewService || isNew(service: index, of: table) else { return false }
        for host in service.hosts where isWellEnough(table[host]) && !tried.contains(host) { return true }
        return false
    }

    private func isWellEnough(_ host: HostTable.Host) -> Bool {
        switch quality {
        case .ready: host.isReady
        case .willing: host.isWilling
        case .usable: host.isUsable
        case .available: host.isAvailable
        case .any: true
        }
    }

    private func isNew(service: Int, of table: borrowing HostTable) -> Bool {
        for position in 0..<tried.count {
            let host = tried[position]
            if host != TriedHosts.gone, table[host].service == service { return false }
        }
        return true
    }
}
