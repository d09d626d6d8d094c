// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/warp.h"

namespace emulator {

// Reports a warp that ends although others of its warpgroup have executed more setmaxnreg.
void check_register_requests_at_exit(Warp& warp, LaneMask lanes);

}  // namespace emulator
