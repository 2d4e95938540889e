// SPDX-License-Identifier: Apache-2.0
// libcrypt (libxcrypt), as Debian's libcrypt-dev ships it.
#pragma once
#include <crypt.h>
