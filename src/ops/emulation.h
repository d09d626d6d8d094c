// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla {

// Whether the driver is asked to be that of an emulated GPU: TOKENSPEED_MLA_TARGET=emulator:sm_90.
// Then kernels are PTX, and tensors on the CPU are that GPU's as well. Raises Error for another
// target.
bool is_emulator_wanted();

}  // namespace mla
