// SPDX-License-Identifier: Apache-2.0
import Glibc

enum Environment {
    static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
