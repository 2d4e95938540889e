// SPDX-License-Identifier: Apache-2.0

/// What this build is.
package enum BuildInfo {
    /// The version of the package (https://semver.org), in this one place. `make tidy` finds what repeats it otherwise.
    package static let version = "0.1.0"

    package static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }
}
