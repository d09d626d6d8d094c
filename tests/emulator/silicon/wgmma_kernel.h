// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/units/swizzle.h"
#include "tests/emulator/silicon/matrix_numbers.h"

namespace emulator::silicon {

// How an operand lies in shared memory.
struct OperandPlace {
  Swizzle swizzle = Swizzle::k128B;
  bool is_mn_major = false;
};

// "s8" or "u8", and whether sums stay at the end of their range or wrap.
struct IntegerTypes {
  std::string a;
  std::string b;
  bool saturates = false;
};

// Matrix products of a warpgroup: everything that their PTX depends on.
struct WgmmaCase {
  int n = 64;
  OperandFormat a_format = OperandFormat::kF16;
  OperandFormat b_format = OperandFormat::kF16;
  AccumulatorFormat d_format = AccumulatorFormat::kF32;
  bool has_a_registers = false;
  OperandPlace a;
  OperandPlace b;
  bool accumulates = true;
  bool negates_a = false;
  bool negates_b = false;
  int num_products = 1;  // one after the other, on the same accumulators
  ValueKind values = ValueKind::kNearOne;
  // Products of 8-bit integers, and not of the formats above.
  std::optional<IntegerTypes> integers;

  int a_bits() const { return integers ? 8 : facts(a_format).element_bits; }
  int b_bits() const { return integers ? 8 : facts(b_format).element_bits; }
  int depth() const { return 256 / a_bits(); }
  int num_registers() const {
    return !integers && d_format == AccumulatorFormat::kF16 ? n / 4 : n / 2;
  }
  std::string name() const;
};

inline constexpr uint32_t kWarpgroupThreads = 128;
// Shared memory holds A, then B.
inline constexpr uint32_t kImageBytes = 40 * 1024;
inline constexpr uint32_t kBeginOfB = 8 * 1024;

// The lines of the kernel that a test may change.
struct WgmmaText {
  std::string fence = "wgmma.fence.sync.aligned;\n";
  std::string guard;    // before each product
  std::string between;  // behind it
  std::string finish = "wgmma.commit_group.sync.aligned;\nwgmma.wait_group.sync.aligned 0;\n";
  uint64_t descriptor_change = 0;  // exclusive or, of B
};

// Where element (mn, k) of a K-major operand lies behind its beginning, in bytes.
uint32_t place_of_element(Swizzle swizzle, uint32_t mn, uint32_t byte_of_k);

// A module with the kernel k(out, in) for 128 threads. `in` holds the accumulators and then the
// fragment of A, [register][thread] of 32 bits, then the bytes of shared memory; `out` receives
// the accumulators.
std::string wgmma_module(const WgmmaCase& c, const WgmmaText& text = {});

// What k reads.
std::vector<uint8_t> wgmma_input(const WgmmaCase& c);

}  // namespace emulator::silicon
