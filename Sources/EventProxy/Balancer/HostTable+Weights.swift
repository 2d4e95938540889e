// SPDX-License-Identifier: Apache-2.0

/// What balancers ask of the table besides its entries.
extension HostTable {
    private static let rampPercentMin = 10

    /// The part of its weight that a host has now, of `weightScale`: a tenth when it starts, all of it when it is warm.
    func ramp(_ host: Int, nowMs: Int64) -> Int {
        let leftMs = self[host].rampEndMs
        guard nowMs < leftMs else { return Self.weightScale }
        let sinceMs = max(0, slowStartMs - (leftMs - nowMs))
        let least = Self.weightScale * Self.rampPercentMin / 100
        return least + (Self.weightScale - least) * Int(sinceMs) / Int(slowStartMs)
    }

    /// The weight of a host now, within its service, times `weightScale`.
    func effectiveWeight(_ host: Int, nowMs: Int64) -> Int {
        self[host].weight * ramp(host, nowMs: nowMs)
    }

    /// The weight of a host now, among the hosts of all services, times `weightScale`.
    func overallWeight(_ host: Int, nowMs: Int64) -> Int {
        effectiveWeight(host, nowMs: nowMs) * service(self[host].service).weight
    }

    /// The weight of a service now, times `weightScale`. All of it while its usable hosts can take that; less when few
    /// are left or they are warming up. Zero if none is usable and willing.
    func effectiveWeight(ofService index: Int, nowMs: Int64) -> Int {
        let service = service(index)
        var usable = service.weightUsable * Self.weightScale
        if nowMs < service.rampEndMs {
            usable = 0
            for host in service.hosts where self[host].isWilling { usable += effectiveWeight(host, nowMs: nowMs) }
        }
        let part = Capacity.part(usable: usable, of: service.weightOfHosts * Self.weightScale)
        return service.weight * part * Self.weightScale / Capacity.scale
    }

    /// The tier of a number below `Capacity.scale`, by their shares.
    func tier(at roll: Int) -> Int {
        for index in 0..<tierCount where roll < tier(index).shareEnd { return index }
        return 0
    }

    /// Some traffic goes to other tiers than the first.
    var spillsOver: Bool { tier(0).shareEnd < Capacity.scale }

    /// How long a host takes to answer: what it took lately, or, of one that has not answered yet, what the others
    /// take; more if it has failed.
    func latencyNs(_ host: Int, nowMs: Int64) -> Double {
        let estimate = self[host].estimate
        let latency = estimate.isKnown ? estimate.latency(nowMs: nowMs) : latencyOfOthersNs(nowMs: nowMs)
        return max(latency, estimate.penalty(nowMs: nowMs))
    }

    /// Goes through all hosts, but only until each that is asked for has answered once.
    private func latencyOfOthersNs(nowMs: Int64) -> Double {
        var sum = 0.0
        var known = 0
        for host in 0..<count where self[host].isUsable && self[host].estimate.isKnown {
            sum += self[host].estimate.latency(nowMs: nowMs)
            known += 1
        }
        return known == 0 ? LatencyEstimate.latencyNsMin : sum / Double(known)
    }
}
