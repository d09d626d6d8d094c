// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/insn/tcgen05_gemm.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace emulator {
namespace {

// Numbers that every format has, so that sums are exact: 0, 1, 2, 3 and their negatives.
struct Format {
  std::string_view name;
  uint32_t code;  // in the instruction descriptor
  uint32_t sign;
  uint32_t values[4];
};

constexpr Format kFormats[] = {
    {"f16", 0, 0x8000, {0, 0x3c00, 0x4000, 0x4200}},
    {"bf16", 1, 0x8000, {0, 0x3f80, 0x4000, 0x4040}},
    {"tf32", 2, 0x80000000, {0, 0x3f800000, 0x40000000, 0x40400000}},
    {"e4m3", 0, 0x80, {0, 0x38, 0x40, 0x44}},
    {"e5m2", 1, 0x80, {0, 0x3c, 0x40, 0x42}},
    {"e2m3", 3, 0x20, {0, 0x08, 0x10, 0x14}},
    {"e3m2", 4, 0x20, {0, 0x0c, 0x10, 0x12}},
    {"e2m1", 5, 0x08, {0, 0x02, 0x04, 0x05}},
    {"s8", 1, 0, {0, 1, 2, 3}},
};

const Format& find_format(std::string_view name) {
  return *std::ranges::find(kFormats, name, &Format::name);
}

// Swizzle<B, 4, 3> of the manual: bits 7 and up are added to bits 4 and up.
uint32_t swizzle(int span, uint32_t offset) {
  const uint32_t bits = span == 128 ? 7 : span == 64 ? 3 : span == 32 ? 1 : 0;
  return offset ^ (offset >> 7 & bits) << 4;
}
// Swizzle<2, 5, 2>, of transposed 32-bit elements.
uint32_t swizzle_wide(uint32_t offset) {
  return offset ^ (offset >> 7 & 3) << 5;
}

std::string number(uint64_t value) {
  return std::to_string(value);
}

}  // namespace

std::string GemmCase::name() const {
  return std::string(type) + d_type + "M" + number(m) + "N" + number(n) + "G" +
         number(static_cast<uint64_t>(cta_group)) + (is_weight_stationary ? "ws" : "") + "A" +
         number(static_cast<uint64_t>(a_span)) + (is_a_mn_major ? "t" : "") +
         (is_a_in_tensor_memory ? "mem" : "") + "B" + number(static_cast<uint64_t>(b_span)) +
         (is_b_mn_major ? "t" : "") + (negates_a ? "neg" : "") + "L" + number(d_lane) + "S" +
         number(d_scale_bits) + (disabled_lanes ? "masked" : "");
}

Gemm::Gemm(const GemmCase& c)
    : case_(c),
      rows_(c.m / static_cast<uint32_t>(c.cta_group)),
      columns_(c.n / static_cast<uint32_t>(c.cta_group)) {
  // A K-major operand holds as many steps as its swizzle is wide; others take two.
  uint32_t steps = 2;
  if (!c.is_b_mn_major && c.b_span > 0) steps = static_cast<uint32_t>(c.b_span) / kStepBytes;
  if (!c.is_a_mn_major && !c.is_a_in_tensor_memory && c.a_span > 0) {
    steps = std::min(steps, static_cast<uint32_t>(c.a_span) / kStepBytes);
  }
  depth_ = steps * kStepBytes / element_bytes();
  a_layout_ = layout(c.a_span, c.is_a_mn_major, rows_);
  b_layout_ = layout(c.b_span, c.is_b_mn_major, columns_);
}

uint32_t Gemm::element_bytes() const {
  const std::string_view kind = case_.kind;
  return kind == "tf32" ? 4 : kind == "f16" ? 2 : 1;
}

uint32_t Gemm::packed_bits() const {
  const std::string_view type = case_.type;
  return type == "e2m1" ? 4 : type == "e2m3" || type == "e3m2" ? 6 : 0;
}

Gemm::Layout Gemm::layout(int span, bool is_mn_major, uint32_t extent) const {
  const uint32_t es = element_bytes();
  const uint32_t step_k = kStepBytes / es;
  const auto width = static_cast<uint32_t>(span);
  if (!is_mn_major && span == 0) {  // core matrices of 8 rows and 16 bytes, first along the rows
    const uint32_t leading = extent / 8 * 128;
    return {leading, 128, 2 * leading, leading * (depth_ * es / 16)};
  }
  if (!is_mn_major) return {16, 8 * width, kStepBytes, extent * width};
  if (span == 0) {  // core matrices of 16 bytes and 8 k, first along k
    const uint32_t stride = depth_ / 8 * 128;
    return {128, stride, step_k / 8 * 128, stride * (extent * es / 16)};
  }
  const uint32_t group = es == 4 ? 4 : 8;  // k in an atom
  const uint32_t leading = depth_ * width;
  const uint32_t blocks = (extent * es + width - 1) / width;
  return {leading, group * width, step_k / group * group * width, leading * blocks};
}

// Where element (mn, k) lies from the start of the operand, which is a multiple of 1024.
uint32_t Gemm::place(int span, bool is_mn_major, const Layout& l, uint32_t mn, uint32_t k) const {
  const uint32_t es = element_bytes();
  const uint32_t unit = 16 / es;  // elements in 128 bits
  if (!is_mn_major) {
    const uint32_t kb = k * es;
    if (span == 0) {
      return mn % 8 * 16 + mn / 8 * l.stride_bytes + kb % 16 + kb / 16 * l.leading_bytes;
    }
    const auto row = static_cast<uint32_t>(span);
    return swizzle(span, mn % 8 * row + mn / 8 * l.stride_bytes + kb);
  }
  if (span == 0) {
    return mn % unit * es + mn / unit * l.stride_bytes + k % 8 * 16 + k / 8 * l.leading_bytes;
  }
  const uint32_t wide = static_cast<uint32_t>(span) / es;  // elements in a row of an atom
  const uint32_t group = es == 4 ? 4 : 8;
  const uint32_t offset = mn % wide * es + mn / wide * l.leading_bytes +
                          k % group * static_cast<uint32_t>(span) + k / group * l.stride_bytes;
  return es == 4 ? swizzle_wide(offset) : swizzle(span, offset);
}

uint64_t Gemm::descriptor(int span, const Layout& l) const {
  const bool is_wide = element_bytes() == 4 && (case_.is_a_mn_major || case_.is_b_mn_major);
  const uint64_t mode = span == 0 ? 0 : is_wide ? 1 : span == 128 ? 2 : span == 64 ? 4 : 6;
  return uint64_t{l.leading_bytes >> 4} << 16 | uint64_t{l.stride_bytes >> 4} << 32 |
         uint64_t{1} << 46 | mode << 61;
}

uint32_t Gemm::instruction_descriptor() const {
  const std::string_view d = case_.d_type;
  const uint32_t code = find_format(case_.type).code;
  return (d == "f16"   ? 0u
          : d == "f32" ? 1u
                       : 2u)
             << 4 |
         code << 7 | code << 10 | uint32_t{case_.negates_a} << 13 |
         uint32_t{case_.is_a_mn_major} << 15 | uint32_t{case_.is_b_mn_major} << 16 |
         case_.n / 8 << 17 | case_.m / 16 << 24;
}

int Gemm::a(uint32_t row, uint32_t k) const {
  return static_cast<int>((row * 7 + k * 3 + row / 8 + k / 4) % 7) - 3;
}
int Gemm::b(uint32_t column, uint32_t k) const {
  return static_cast<int>((column * 5 + k * 2 + column / 16 + k / 8) % 7) - 3;
}

uint32_t Gemm::encode(int value) const {
  const Format& format = find_format(case_.type);
  if (format.sign == 0) return static_cast<uint8_t>(value);
  return format.values[std::abs(value)] | (value < 0 ? format.sign : 0);
}

void Gemm::put(std::vector<uint8_t>& image, uint32_t base, uint32_t offset, uint32_t k,
               int value) const {
  const uint32_t bits = encode(value);
  if (packed_bits() == 0) {
    std::memcpy(image.data() + base + offset, &bits, element_bytes());
    return;
  }
  // 16 elements fill the first bits of their 16 bytes.
  const uint32_t first = k % 16 * packed_bits();
  uint16_t word = 0;
  uint8_t* bytes = image.data() + base + (offset & ~15u) + first / 8;
  std::memcpy(&word, bytes, 2);
  word = static_cast<uint16_t>(word | bits << first % 8);
  std::memcpy(bytes, &word, 2);
}

// 128 lanes of words; parts of the lanes that hold the same rows hold the same values.
void Gemm::put_in_tensor_memory(std::vector<uint8_t>& image, uint32_t base, uint32_t cta) const {
  const uint32_t es = element_bytes();
  for (uint32_t lane = 0; lane < 128; ++lane) {
    uint32_t m = 0;
    uint32_t n = 0;
    if (!find_element(cta, lane, 0, m, n)) continue;
    for (uint32_t k = 0; k < depth_; ++k) {
      const uint32_t bits = encode(a(m, k));
      std::memcpy(image.data() + base + lane * a_columns() * 4 + k * es, &bits, es);
    }
  }
}

std::vector<uint8_t> Gemm::images() const {
  const uint32_t bytes = shared_bytes() + kTensorMemoryBytes;
  std::vector<uint8_t> image(size_t{bytes} * num_ctas());
  for (uint32_t cta = 0; cta < num_ctas(); ++cta) {
    const uint32_t base = cta * bytes;
    for (uint32_t k = 0; k < depth_; ++k) {
      for (uint32_t row = 0; row < rows_; ++row) {
        put(image, base, place(case_.a_span, case_.is_a_mn_major, a_layout_, row, k), k,
            a(cta * rows_ + row, k));
      }
      for (uint32_t column = 0; column < columns_; ++column) {
        put(image, base + kOperandBytes,
            place(case_.b_span, case_.is_b_mn_major, b_layout_, column, k), k,
            b(cta * columns_ + column, k));
      }
    }
    if (case_.is_a_in_tensor_memory) put_in_tensor_memory(image, base + shared_bytes(), cta);
  }
  return image;
}

uint32_t Gemm::shared_bytes() const {
  return 2 * kOperandBytes;
}

uint32_t Gemm::d_columns() const {
  const bool is_whole = rows_ == 128 || (case_.cta_group == 1 && !case_.is_weight_stationary);
  return is_whole ? case_.n : case_.n / (128 / rows_);
}

// The element of D that a word of tensor memory holds, as the figures of the layouts show.
bool Gemm::find_element(uint32_t cta, uint32_t lane, uint32_t column, uint32_t& m,
                        uint32_t& n) const {
  n = column;
  if (rows_ == 128) {  // A and D
    m = cta * 128 + lane;
    return true;
  }
  if (case_.cta_group == 1 && !case_.is_weight_stationary) {  // F: half of the lanes
    m = lane / 32 * 16 + lane % 16;
    return lane / 16 % 2 == case_.d_lane / 16;
  }
  m = cta * rows_ + lane % rows_;  // B, E and G: the columns lie in 2 or 4 parts of the lanes
  n = column + lane / rows_ * d_columns();
  return true;
}

uint32_t Gemm::expected(uint32_t cta, uint32_t lane, uint32_t column) const {
  uint32_t m = 0;
  uint32_t n = 0;
  const bool is_masked = lane < 32 && (case_.disabled_lanes >> lane & 1);
  if (!find_element(cta, lane, column, m, n) || is_masked) return kSentinel;
  int sum = 0;
  for (uint32_t k = 0; k < depth_; ++k) sum += a(m, k) * b(n, k);
  if (case_.negates_a) sum = -sum;
  const std::string_view d = case_.d_type;
  if (d == "s32") return static_cast<uint32_t>(sum);
  const float start = case_.d_scale_bits ? 10.0f / static_cast<float>(1u << case_.d_scale_bits) : 0;
  const float value = start + static_cast<float>(sum);
  if (d == "f32") return std::bit_cast<uint32_t>(value);
  return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
}

}  // namespace emulator
