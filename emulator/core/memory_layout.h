// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <unordered_map>

#include "emulator/core/program.h"

namespace emulator {

// Where the variables of a kernel lie in their spaces: parameters, shared and local memory.
class MemoryLayout {
 public:
  // Lays out the variables that the kernel names and fills in the sizes of the program.
  MemoryLayout(const ptx::Module& module, const ptx::Kernel& kernel, Program& program);

  // The offset of a parameter, shared or local variable in its space.
  uint32_t offset_of(uint32_t variable) const { return offsets_.at(variable); }

 private:
  void place_parameters(Program& program);
  void place_symbols(Program& program);

  const ptx::Module& module_;
  const ptx::Kernel& kernel_;
  std::unordered_map<uint32_t, uint32_t> offsets_;
};

}  // namespace emulator
