// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Carries a closure through pthread_create's pointer.
private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Runs `body` on so many real threads at once, and waits for all of them.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { number in
        var id = pthread_t()
        let box = Unmanaged.passRetained(Body { body(number) })
        let status = pthread_create(
            &id, nil,
            { pointer in
                Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(status == 0)
        return id
    }
    for thread in threads { pthread_join(thread, nil) }
}
