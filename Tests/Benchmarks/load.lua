-- SPDX-License-Identifier: Apache-2.0
-- What wrk sends and prints: `wrk -s load.lua URL -- get | close | upload`. The request is made once, before the run.
function init(args)
    if args[1] == "close" then wrk.headers["Connection"] = "close" end
    if args[1] == "upload" then
        wrk.method = "POST"
        wrk.headers["Content-Type"] = "application/octet-stream"
        wrk.body = string.rep("x", 64 * 1024)
    end
end

function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format(
        '{"requests": %d, "seconds": %f, "p50_us": %d, "p99_us": %d, "p999_us": %d, "failed": %d}',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
