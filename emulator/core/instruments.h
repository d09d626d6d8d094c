// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "emulator/check/race_checker.h"
#include "emulator/core/grid.h"

namespace emulator {

// What watches the clusters that one host thread runs, as the options of the launch ask for.
class Instruments {
 public:
  explicit Instruments(const Grid& grid);

  Observer* observer() { return races_.get(); }
  check::RaceChecker* races() { return races_.get(); }

 private:
  std::unique_ptr<check::RaceChecker> races_;
};

}  // namespace emulator
