// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/program.h"

#include "emulator/core/address_space.h"

namespace emulator {

uint32_t Program::static_shared_bytes() const {
  return static_shared_end - kReservedSharedBytes;
}

}  // namespace emulator
