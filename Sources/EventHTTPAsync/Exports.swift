// SPDX-License-Identifier: Apache-2.0

/// Whoever imports this module names its requests, statuses and fields, too, and logs.
@_exported public import HTTPTypes
@_exported public import Logging
