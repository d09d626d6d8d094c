// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "emulator/ptx/module.h"

namespace emulator::ptx {

// Where the registers of a kernel live when it runs. Compilers number registers sparsely (45,000 in
// a kernel of 8,000 instructions); registers that are never live together share a place here.
struct RegisterAllocation {
  // For each register its first slot, or its predicate number. A slot is one 32-bit word per lane;
  // registers of 64 bits take two slots, of 128 bits four.
  std::vector<uint32_t> place;
  std::vector<bool> is_asynchronous;  // operations use the register after their issue
  // Some path reads the register before writing it, or it is computed from such a one.
  std::vector<bool> is_maybe_missing;
  uint32_t num_slots = 0;
  uint32_t num_predicates = 0;
};

RegisterAllocation allocate_registers(const Kernel& kernel);

}  // namespace emulator::ptx
