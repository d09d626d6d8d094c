// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/matrix_cases.h"

namespace emulator::silicon {
namespace {

constexpr int kWidths[] = {8,   16,  24,  32,  48,  64,  80,  96,  112,
                           128, 144, 160, 176, 192, 208, 224, 240, 256};
constexpr Swizzle kSwizzles[] = {Swizzle::kNone, Swizzle::k32B, Swizzle::k64B, Swizzle::k128B};

// One width with every operand place; B lies as A would.
void add_places(WgmmaCase c, std::vector<WgmmaCase>& all) {
  for (const Swizzle swizzle : kSwizzles) {
    c.a.swizzle = c.b.swizzle = swizzle;
    c.has_a_registers = false;
    all.push_back(c);
    c.has_a_registers = true;
    all.push_back(c);
  }
}

}  // namespace

std::vector<WgmmaCase> integer_wgmma_products() {
  std::vector<WgmmaCase> all;
  for (const char* a : {"s8", "u8"}) {
    for (const char* b : {"s8", "u8"}) {
      for (const bool saturates : {false, true}) {
        for (const int n : kWidths) {
          WgmmaCase c;
          c.integers = IntegerTypes{a, b, saturates};
          c.values = saturates ? ValueKind::kLarge : ValueKind::kAllBits;
          c.n = n;
          add_places(c, all);
        }
      }
    }
  }
  return all;
}

// Every width with one kind of product in turn, and one width with all of them.
std::vector<SiliconCase> integer_wgmma_cases() {
  constexpr int kWidthOfAll = 64;
  std::vector<SiliconCase> cases;
  for (const WgmmaCase& c : integer_wgmma_products()) {
    const int kind = (c.integers->a == "u8") + 2 * (c.integers->b == "u8") +
                     4 * static_cast<int>(c.integers->saturates);
    if (c.n == kWidthOfAll || c.n / 8 % 8 == kind) cases.push_back(silicon_case_of(c));
  }
  return cases;
}

}  // namespace emulator::silicon
