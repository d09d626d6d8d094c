// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/libcuda/api.h"
#include "emulator/libcudart/types.h"

namespace emulator::libcudart {

extern "C" {
#define CUDART_FUNCTION(result, symbol, parameters) \
  __attribute__((visibility("default"))) result symbol parameters;
#include "emulator/libcudart/functions.def"
}

// Results of the driver have the runtime's numbers; the last failure is remembered until it is
// asked for.
cudaError_t remember(int error);

}  // namespace emulator::libcudart
