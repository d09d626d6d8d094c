// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace emulator {

// One matrix product D = A * B (+ D) with one instruction shape, as many steps of 32 bytes of K as
// its layout in shared memory holds.
struct GemmCase {
  const char* kind = "f16";  // of the instruction
  const char* type =
      "f16";  // of the elements of A and B: f16 bf16 tf32 e4m3 e5m2 e2m3 e3m2 e2m1 s8
  const char* d_type = "f32";
  uint32_t m = 128, n = 64;
  int cta_group = 1;
  bool is_weight_stationary = false;
  int a_span = 128, b_span = 128;  // of the swizzle in bytes; 0: none
  bool is_a_mn_major = false, is_b_mn_major = false;
  bool is_a_in_tensor_memory = false;
  bool negates_a = false;
  uint32_t d_lane = 0;  // where D and A begin in tensor memory: 0 or 16
  uint32_t d_scale_bits = 0;
  uint32_t disabled_lanes = 0;  // of the first 32 lanes of each CTA

  std::string name() const;
};

// What a case is made of, computed from the manual's tables and figures in the test's own way.
class Gemm {
 public:
  explicit Gemm(const GemmCase& c);

  uint32_t depth() const { return depth_; }
  uint32_t num_ctas() const { return static_cast<uint32_t>(case_.cta_group); }
  uint32_t d_columns() const;  // of tensor memory

  // A kernel k(out, in): `in` holds the images of all CTAs, `out` receives the words of 128 lanes
  // and d_columns() columns of each CTA. All lanes hold `kSentinel` before the product.
  std::string kernel() const;
  std::vector<uint8_t> images() const;
  uint32_t shared_bytes() const;

  // The word that lane and column of a CTA must hold in the end.
  uint32_t expected(uint32_t cta, uint32_t lane, uint32_t column) const;

  static constexpr uint32_t kSentinel = 0x41200000;  // 10.0f

 private:
  static constexpr uint32_t kStepBytes = 32;            // of K that one instruction takes
  static constexpr uint32_t kOperandBytes = 64 * 1024;  // of shared memory for each operand
  static constexpr uint32_t kTensorMemoryBytes = 128 * 128;

  struct Layout {
    uint32_t leading_bytes, stride_bytes, step_bytes, total_bytes;
  };

  Layout layout(int span, bool is_mn_major, uint32_t extent) const;
  uint64_t descriptor(int span, const Layout& layout) const;
  uint32_t place(int span, bool is_mn_major, const Layout& layout, uint32_t mn, uint32_t k) const;
  uint32_t instruction_descriptor() const;
  uint32_t encode(int value) const;
  int a(uint32_t row, uint32_t k) const;
  int b(uint32_t column, uint32_t k) const;
  bool find_element(uint32_t cta, uint32_t lane, uint32_t column, uint32_t& m, uint32_t& n) const;
  uint32_t element_bytes() const;
  uint32_t packed_bits() const;
  void put(std::vector<uint8_t>& image, uint32_t base, uint32_t offset, uint32_t k,
           int value) const;
  void put_in_tensor_memory(std::vector<uint8_t>& image, uint32_t base, uint32_t cta) const;
  uint32_t a_columns() const { return depth_ * element_bytes() / 4; }
  std::string fill() const;
  std::string steps() const;
  std::string read_back() const;

  GemmCase case_;
  uint32_t rows_;     // of A in each CTA
  uint32_t columns_;  // of B in each CTA
  uint32_t depth_;
  Layout a_layout_, b_layout_;
};

}  // namespace emulator
