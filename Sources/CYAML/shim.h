// SPDX-License-Identifier: Apache-2.0
// libyaml, as Debian's libyaml-dev ships it.
#pragma once
#include <yaml.h>
