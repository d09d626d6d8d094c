// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/async_access.h"
#include "emulator/units/tensor_map.h"

namespace emulator {

// The tensor map at a generic address in parameter, constant or global memory, checked: the
// instruction must be for tensors of its rank.
TensorMap read_tensor_map(const AsyncAccess& access, const Row& address);

}  // namespace emulator
