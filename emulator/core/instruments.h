// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "emulator/core/grid.h"
#include "emulator/core/observer.h"

namespace emulator {

namespace check {
class RaceChecker;
}

// What watches the clusters that one host thread runs, as the options of the launch ask for.
class Instruments {
 public:
  explicit Instruments(Grid& grid);

  // Null when nothing watches.
  Observer* observer() const { return observer_; }
  check::RaceChecker* races() const { return races_; }

 private:
  std::vector<std::unique_ptr<Observer>> observers_;
  Observer* observer_ = nullptr;
  check::RaceChecker* races_ = nullptr;
};

}  // namespace emulator
