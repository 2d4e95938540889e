// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

@Suite struct OpenFilesTests {
    @Test(arguments: [
        (1024, 1, 480), (1024, 4, 120), (65_536, 2, 16_368), (64, 1, 1), (10, 8, 1), (1 << 20, 1, 524_256),
    ])
    func `each client may need a descriptor towards an origin, too`(limit: Int, workers: Int, clients: Int) {
        #expect(OpenFiles.proxiedClientsMax(workers: workers, limit: limit) == clients)
    }

    @Test func `the limit in force can be read`() {
        #expect(OpenFiles.limit > 64)
    }
}
