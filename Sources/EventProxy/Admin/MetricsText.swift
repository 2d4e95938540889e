// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Metrics in Prometheus' text format, version 0.0.4: for each family its help and its type, then its samples.
struct MetricsText {
    static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var text = ""
    private var family = ""

    /// Begins a family. All of its samples follow, and no other family has its name.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(Self.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    typealias Labels = [(name: String, value: String)]

    /// A sample of the family that was begun last.
    mutating func sample(_ labels: Labels, _ value: some BinaryInteger) {
        write("", labels, String(value))
    }

    mutating func sample(_ value: some BinaryInteger) {
        write("", [], String(value))
    }

    mutating func sample(_ labels: Labels, _ value: Double) {
        write("", labels, Self.number(value))
    }

    mutating func sample(_ value: Double) {
        write("", [], Self.number(value))
    }

    /// A histogram: buckets that include all shorter ones, the sum and the number of all.
    mutating func sample(_ labels: Labels, _ histogram: DurationHistogram.Snapshot) {
        var count: UInt64 = 0
        for (bucket, inBucket) in histogram.counts.enumerated() {
            count += inBucket
            let bounds = DurationHistogram.boundsUs
            let bound = bucket < bounds.count ? Self.number(Double(bounds[bucket]) / 1e6) : "+Inf"
            write("_bucket", labels + [("le", bound)], String(count))
        }
        write("_sum", labels, Self.number(Double(histogram.sumUs) / 1e6))
        write("_count", labels, String(count))
    }

    private mutating func write(_ suffix: String, _ labels: Labels, _ value: String) {
        text += family + suffix
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.name)=\"\(Self.escapedLabel($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// Swift writes 1e-05 and 0.25 as every other reader does; whole numbers lose their `.0`.
    static func number(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func escapedLabel(_ value: String) -> String {
        escaped(value) { $0 == "\"" ? "\\\"" : nil }
    }

    private static func escapedHelp(_ help: String) -> String {
        escaped(help) { _ in nil }
    }

    private static func escaped(_ text: String, _ more: (Unicode.Scalar) -> String?) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: if let escape = more(scalar) { result += escape } else { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
