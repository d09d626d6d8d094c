// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/matrix_cases.h"

namespace emulator::silicon {
namespace {

using enum OperandFormat;

struct Types {
  OperandFormat a;
  OperandFormat b;
  AccumulatorFormat d;
};

constexpr Types kTypes[] = {
    {kF16, kF16, AccumulatorFormat::kF32},   {kF16, kF16, AccumulatorFormat::kF16},
    {kBf16, kBf16, AccumulatorFormat::kF32}, {kTf32, kTf32, AccumulatorFormat::kF32},
    {kE4m3, kE4m3, AccumulatorFormat::kF32}, {kE4m3, kE4m3, AccumulatorFormat::kF16},
    {kE4m3, kE5m2, AccumulatorFormat::kF32}, {kE5m2, kE4m3, AccumulatorFormat::kF16},
    {kE5m2, kE5m2, AccumulatorFormat::kF32},
};
constexpr Swizzle kSwizzles[] = {Swizzle::kNone, Swizzle::k32B, Swizzle::k64B, Swizzle::k128B};

WgmmaCase with_types(const Types& types) {
  WgmmaCase c;
  c.a_format = types.a;
  c.b_format = types.b;
  c.d_format = types.d;
  return c;
}

constexpr int kWidthOfNumbers = 40;

void add_widths(std::vector<WgmmaCase>& all) {
  for (int n = 8; n <= 256; n += 8) {
    if (n == kWidthOfNumbers) continue;
    WgmmaCase c = with_types(kTypes[n % 3 == 0 ? 0 : 4]);
    c.n = n;
    all.push_back(c);
  }
  WgmmaCase widest = with_types(kTypes[1]);
  widest.n = 256;
  all.push_back(widest);
}

// Every type with every kind of number, A in shared memory and in registers.
void add_numbers(std::vector<WgmmaCase>& all) {
  for (const Types& types : kTypes) {
    for (int kind = 0; kind <= static_cast<int>(ValueKind::kSpecial); ++kind) {
      WgmmaCase c = with_types(types);
      c.n = kWidthOfNumbers;
      c.values = static_cast<ValueKind>(kind);
      all.push_back(c);
      c.has_a_registers = true;
      all.push_back(c);
    }
  }
}

void add_layouts(std::vector<WgmmaCase>& all) {
  for (const Swizzle swizzle : kSwizzles) {
    for (const Types& types : {kTypes[0], kTypes[2], kTypes[3], kTypes[4]}) {
      WgmmaCase c = with_types(types);
      c.n = 72;
      c.num_products = 2;
      c.a.swizzle = c.b.swizzle = swizzle;
      all.push_back(c);
    }
    for (int majors = 1; majors < 4; ++majors) {
      WgmmaCase c = with_types(kTypes[majors % 2 == 0 ? 2 : 0]);
      c.n = 136;
      c.a = {swizzle, majors % 2 == 1};
      c.b = {swizzle, majors >= 2};
      all.push_back(c);
    }
  }
  WgmmaCase mixed;
  mixed.a.swizzle = Swizzle::k32B;
  mixed.b = {Swizzle::k64B, true};
  all.push_back(mixed);
}

void add_variants(std::vector<WgmmaCase>& all) {
  for (const Types& types : {kTypes[0], kTypes[1], kTypes[3], kTypes[4]}) {
    WgmmaCase c = with_types(types);
    c.n = 48;
    c.accumulates = false;
    all.push_back(c);
    c.accumulates = true;
    c.negates_a = true;
    all.push_back(c);
    c.negates_b = true;
    c.has_a_registers = true;
    all.push_back(c);
    c.num_products = 5;
    all.push_back(c);
  }
}

}  // namespace

std::vector<WgmmaCase> wgmma_products() {
  std::vector<WgmmaCase> all;
  add_widths(all);
  add_numbers(all);
  add_layouts(all);
  add_variants(all);
  return all;
}

SiliconCase silicon_case_of(const WgmmaCase& c) {
  SiliconCase one;
  one.name = c.name();
  one.ptx = wgmma_module(c);
  one.input = wgmma_input(c);
  one.output.resize(size_t{4} * kWarpgroupThreads * static_cast<size_t>(c.num_registers()));
  return one;
}

std::vector<SiliconCase> wgmma_cases() {
  std::vector<SiliconCase> cases;
  for (const WgmmaCase& c : wgmma_products()) cases.push_back(silicon_case_of(c));
  return cases;
}

}  // namespace emulator::silicon
