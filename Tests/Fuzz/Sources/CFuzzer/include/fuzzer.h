// SPDX-License-Identifier: Apache-2.0
// libFuzzer as a library: runs `test` on inputs until its options say that it is enough.
#pragma once
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));
