// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// A shared object like those that `make aot` makes, with a good and a damaged image of plain text.
#include "compile/aot_table.h"

extern "C" __attribute__((visibility("default"))) const mla::compile::AotEntry mla_aot_kernels[] = {
    {"sample key", "sample_symbol", "f4bbc5a158f274e0b79b6f19bbbeb9ca", "sample image", 12},
    {"damaged key", "damaged_symbol", "f4bbc5a158f274e0b79b6f19bbbeb9ca", "samqle image", 12},
    {nullptr, nullptr, nullptr, nullptr, 0},
};
