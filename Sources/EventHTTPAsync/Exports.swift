// SPDX-License-Identifier: Apache-2.0

/// Whoever imports this module names its requests, statuses and fields, too.
@_exported public import HTTPTypes
