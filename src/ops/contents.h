// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/decode.h"
#include "mla/prefill.h"

// Checks of what int32 tensors hold, for tensors in host memory whose shapes were checked. Their
// cost is that of reading each length and each used page index once.
namespace mla {

// Lengths fit their block-table row, used page indices name a page, and a context-parallel rank
// holds no key beyond its share of the global length.
void expect_decode_contents(const DecodeArgs& args);

// Both sums start at 0, never fall, and end at the number of tokens.
void expect_prefill_contents(const PrefillArgs& args);

}  // namespace mla
