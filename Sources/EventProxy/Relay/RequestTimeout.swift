// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `X-Request-Timeout-Ms`: how long whoever sends a request waits for its answer, in milliseconds. It is no standard;
/// gRPC's `grpc-timeout` and Envoy's `x-envoy-expected-rq-timeout-ms` are its kin. Each proxy on the way waits no
/// longer than it was told, and tells the next one how long that is.
enum RequestTimeout {
    /// What a request is given of `wholeMs`; it may only ask for less. What is no number says nothing, nor does 0,
    /// which nobody can mean who asks.
    static func ms(
        _ fields: borrowing Fields, from peer: Peer, _ mode: ProxyConfiguration.RequestTimeout, wholeMs: Int64
    ) -> Int64 {
        guard mode == .any || mode == .trusted && peer.isTrusted,
            let asked = fields.only(.xRequestTimeoutMs)?.decimal, asked > 0
        else { return wholeMs }
        return min(Int64(clamping: asked), wholeMs)
    }

    /// Writes the field for an origin, and says where in the head its digits are, which are an attempt's to fill in.
    static func write(to writer: inout FieldWriter) -> Int {
        writer.begin("X-Request-Timeout-Ms")
        let offset = writer.buffer.count
        // As many as a day has milliseconds, and space around a value is none of it (RFC 9112 §5.1).
        writer.literal("        ")
        writer.end()
        return offset
    }
}
