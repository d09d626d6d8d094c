// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/program.h"

#include "emulator/core/address_space.h"

namespace emulator {

uint32_t Program::static_shared_bytes() const {
  return static_shared_end - kReservedSharedBytes;
}

std::string Program::shared_name(uint32_t offset) const {
  const SharedVariable* nearest = nullptr;
  for (const SharedVariable& variable : shared_variables) {
    const bool is_inside = offset >= variable.offset &&
                           (variable.size == 0 || offset < variable.offset + variable.size);
    if (is_inside && (!nearest || variable.offset > nearest->offset)) nearest = &variable;
  }
  if (!nearest) return "offset " + std::to_string(offset);
  const uint32_t rest = offset - nearest->offset;
  return rest == 0 ? nearest->name : nearest->name + " + " + std::to_string(rest);
}

}  // namespace emulator
