// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/instruments.h"

namespace emulator {

Instruments::Instruments(const Grid& grid) {
  const check::RaceLevel level = grid.options.races;
  if (level == check::RaceLevel::kOff) return;
  races_ = std::make_unique<check::RaceChecker>(grid.program(), level);
}

}  // namespace emulator
