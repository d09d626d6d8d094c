// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/target.h"

#include <algorithm>
#include <cstdlib>

#include "emulator/ptx/instruction_table.h"
#include "emulator/ptx/words.h"

namespace emulator::ptx {
namespace {

struct Architecture {
  int number = 0;
  char suffix = '\0';  // 'a', 'f' or none

  // sm_101 is now called sm_110; apart from it families share their number's tens.
  int family() const { return number == 101 ? 11 : number / 10; }
};

Architecture parse(std::string_view target) {
  const std::string digits(target.substr(std::min<size_t>(target.size(), 3)));
  char* end = nullptr;
  const auto number = static_cast<int>(std::strtol(digits.c_str(), &end, 10));
  return {number, *end};
}

// What exists for some architectures only: an opcode, or a modifier of it.
struct Limit {
  std::string_view opcode;    // its beginning
  std::string_view modifier;  // empty: all forms
  std::string_view targets;
};

constexpr Limit kLimits[] = {
    {"tcgen05.ld.red", "", "sm_103f|sm_101f|sm_110f"},
    {"tcgen05.mma", "kind::i8", "sm_100a|sm_101a|sm_110a"},
    {"tcgen05.", "", "sm_100f|sm_101f|sm_110f"},
    {"cp.async.bulk.tensor", "tile::scatter4", "sm_100f|sm_101f|sm_110f"},
    {"cp.async.bulk.tensor", "cta_group::1", "sm_100f|sm_101f|sm_110f"},
    {"cp.async.bulk.tensor", "cta_group::2", "sm_100f|sm_101f|sm_110f"},
    {"cp.async.bulk.tensor", "tile::gather4", "sm_100f|sm_101f|sm_110f"},
    {"cp.async.bulk.prefetch.tensor", "tile::gather4", "sm_100f|sm_101f|sm_110f"},
    {"tensormap.replace", "swizzle_atomicity", "sm_100f|sm_101f|sm_110f|sm_120f"},
    {"tensormap.replace", "", "sm_90a|sm_100f|sm_101f|sm_110f|sm_120f"},
    {"wgmma.", "", "sm_90a"},
    {"ldmatrix", "b8", "sm_100f|sm_101f|sm_110f|sm_120f"},
    {"stmatrix", "b8", "sm_100f|sm_101f|sm_110f|sm_120f"},
};

}  // namespace

bool allows(std::string_view target, std::string_view needed) {
  const Architecture has = parse(target);
  const Architecture needs = parse(needed);
  if (has.suffix == '\0') return false;
  if (needs.suffix == 'a') return has.suffix == 'a' && has.number == needs.number;
  return has.family() == needs.family() && has.number >= needs.number;
}

std::string check_target(const Form& form, std::string_view target) {
  for (const Limit& limit : kLimits) {
    if (!form.row->opcode.starts_with(limit.opcode)) continue;
    if (!limit.modifier.empty() && !form.has(limit.modifier)) continue;
    const bool exists = std::ranges::any_of(split(limit.targets, '|'),
                                            [&](std::string_view t) { return allows(target, t); });
    if (!exists) {
      return form.text + " does not exist for .target " + std::string(target) + ", but for " +
             std::string(limit.targets);
    }
  }
  return {};
}

}  // namespace emulator::ptx
