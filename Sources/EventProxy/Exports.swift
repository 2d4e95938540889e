// SPDX-License-Identifier: Apache-2.0

/// Whoever writes a policy names its requests, fields and addresses, too.
@_exported public import EventHTTP
