// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace mla {

// Quantities as people read them, three digits: "17.2 MB", "50.3 us", "2.85 TFLOP".
std::string format_bytes(double bytes);
std::string format_flops(double flops);
std::string format_seconds(double seconds);

}  // namespace mla
