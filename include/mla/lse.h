// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mla {

// The base of a log-sum-exp: log2(sum of 2^(score * log2 e)) or ln(sum of e^score). Decode returns
// base 2 and prefill natural logarithms unless told otherwise, as their callers expect.
enum class LseBase : std::uint8_t { kTwo, kE };

}  // namespace mla
