// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/check/race_level.h"

namespace emulator::check {

bool parse_race_level(const std::string& text, RaceLevel& level) {
  if (text == "0" || text == "off") {
    level = RaceLevel::kOff;
  } else if (text == "error") {
    level = RaceLevel::kError;
  } else if (text == "1" || text == "proxy") {
    level = RaceLevel::kProxy;
  } else if (text == "pedantic") {
    level = RaceLevel::kPedantic;
  } else {
    return false;
  }
  return true;
}

}  // namespace emulator::check
