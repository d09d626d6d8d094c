// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// Prints how many multiply-adds per second one core does for a 64 x 256 product of one instruction.
#include <cstdio>
#include <ctime>
#include <random>
#include <vector>

#include "emulator/numerics/matrix_product.h"

namespace emulator {
namespace {

constexpr int kRows = 64, kColumns = 256;

struct Candidate {
  const char* name;
  OperandFormat format;
};

OperandTile random_tile(OperandFormat format, int extent, int depth, std::mt19937& random) {
  // Numbers around one: what a real kernel multiplies.
  const uint32_t one = format == OperandFormat::kF16    ? 0x3c00
                       : format == OperandFormat::kBf16 ? 0x3f80
                       : format == OperandFormat::kTf32 ? 0x3f800000
                       : format == OperandFormat::kE4m3 ? 0x38
                                                        : 0x3c;
  const uint32_t spread = one >> 3;
  OperandTile tile(format, extent, depth);
  for (int k = 0; k < depth; ++k) {
    for (int i = 0; i < extent; ++i) tile.set(i, k, one - spread + random() % (2 * spread));
  }
  return tile;
}

void measure(const Candidate& candidate, const char* mode, Arithmetic arithmetic) {
  std::mt19937 random(1);
  const int depth = 256 / facts(candidate.format).element_bits;
  const OperandTile a = random_tile(candidate.format, kRows, depth, random);
  const OperandTile b = random_tile(candidate.format, kColumns, depth, random);
  const ProductRule rule = hopper_rule(candidate.format, AccumulatorFormat::kF32);
  std::vector<float> d(size_t{kRows} * kColumns, 1.0f);

  const std::clock_t begin = std::clock();  // of the processor: others may use it too
  double seconds = 0;
  int count = 0;
  for (; seconds < 0.2; ++count) {
    multiply_accumulate(a, b, rule, arithmetic, d.data(), kColumns);
    seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  }
  std::printf("%-6s %-6s %6.1f G multiply-adds/s\n", candidate.name, mode,
              1e-9 * count * kRows * kColumns * depth / seconds);
}

}  // namespace
}  // namespace emulator

int main() {
  using namespace emulator;
  const Candidate candidates[] = {{"f16", OperandFormat::kF16},
                                  {"bf16", OperandFormat::kBf16},
                                  {"tf32", OperandFormat::kTf32},
                                  {"e4m3", OperandFormat::kE4m3},
                                  {"e5m2", OperandFormat::kE5m2}};
  for (const Candidate& candidate : candidates) {
    measure(candidate, "exact", Arithmetic::kExact);
    measure(candidate, "fast", Arithmetic::kFast);
  }
}
