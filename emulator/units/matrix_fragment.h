// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace emulator {

// A place in the 16 rows of a matrix that one warp holds.
struct FragmentPlace {
  int row = 0;
  int column = 0;
};

// Where the accumulator lies that lane `lane` keeps in word `index` of 32 bits each (PTX ISA
// 9.7.15.5.1, figures of matrix D): pairs of columns, rows 8 apart in every other pair.
constexpr FragmentPlace accumulator_place(int lane, int index) {
  return {lane / 4 + 8 * (index / 2 % 2), 8 * (index / 4) + 2 * (lane % 4) + index % 2};
}

// Where the element of A lies that lane `lane` keeps as element `element` of register `index`,
// counted from the low bits; a register holds `per_register` of them.
constexpr FragmentPlace operand_place(int lane, int index, int element, int per_register) {
  return {lane / 4 + 8 * (index % 2), per_register * (lane % 4 + 4 * (index / 2)) + element};
}

// Where the element of B lies in mma.sync (PTX ISA 9.7.14.5): the row is the column of B, and the
// column its place in k.
constexpr FragmentPlace column_place(int lane, int index, int element, int per_register) {
  return {lane / 4, per_register * (lane % 4 + 4 * index) + element};
}

}  // namespace emulator
