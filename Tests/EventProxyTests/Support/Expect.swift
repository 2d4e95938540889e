// SPDX-License-Identifier: Apache-2.0
import Testing

/// `#expect` cannot hold calls that change a value, nor values that cannot be copied; these take what they return.
func expect(_ isTrue: Bool, _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation) {
    #expect(isTrue, comment, sourceLocation: location)
}

func same<T: Equatable>(_ a: T, _ b: T, _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation) {
    #expect(a == b, comment, sourceLocation: location)
}
