// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cpu/rows.h"

#include <cstring>

#include "cpu/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/rows.cc"
#include "hwy/foreach_target.h"
// The rest is compiled once per instruction set.
#include "cpu/minifloat-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mla::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kMaxLanes>;

// How a row of T is read and written a vector at a time.
struct Float32Row {
  using Code = float;
  static hn::Vec<Floats> load(const float* source) { return hn::LoadU(Floats(), source); }
  static void store(hn::Vec<Floats> value, float* target) { hn::StoreU(value, Floats(), target); }
};

struct BFloat16Row {
  using Code = std::uint16_t;
  static hn::Vec<Floats> load(const Code* source) { return decode_bfloat16(Floats(), source); }
  static void store(hn::Vec<Floats> value, Code* target) {
    encode_bfloat16(Floats(), value, target);
  }
};

template <class Format>
struct MinifloatRow {
  using Code = typename Format::Code;
  static hn::Vec<Floats> load(const Code* source) {
    return decode_minifloat<Format>(Floats(), source);
  }
  static void store(hn::Vec<Floats> value, Code* target) {
    encode_minifloat<Format>(Floats(), value, target);
  }
};

// Calls step(source, target) for whole vectors, and for the rest on copies padded to a vector.
template <class Source, class Target, class Step>
HWY_INLINE void for_each_vector(const Source* source, Target* target, std::int64_t count,
                                const Step& step) {
  const std::int64_t lanes = hn::Lanes(Floats());
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) step(source + i, target + i);
  if (i >= count) return;
  Source padded_source[kMaxLanes] = {};
  Target padded_target[kMaxLanes] = {};
  const std::int64_t rest = count - i;
  std::memcpy(padded_source, source + i, rest * sizeof(Source));
  std::memcpy(padded_target, target + i, rest * sizeof(Target));
  step(padded_source, padded_target);
  std::memcpy(target + i, padded_target, rest * sizeof(Target));
}

template <class Row>
void row_to_float(const void* source, float* target, std::int64_t count) {
  using Code = typename Row::Code;
  for_each_vector(static_cast<const Code*>(source), target, count,
                  [](const Code* from, float* to) { hn::StoreU(Row::load(from), Floats(), to); });
}

template <class Row>
void row_from_float(const float* source, float scale, void* target, std::int64_t count) {
  using Code = typename Row::Code;
  const auto factor = hn::Set(Floats(), scale);
  for_each_vector(source, static_cast<Code*>(target), count, [factor](const float* from, Code* to) {
    Row::store(hn::Mul(hn::LoadU(Floats(), from), factor), to);
  });
}

void to_float_simd(DType dtype, const void* source, float* target, std::int64_t count) {
  switch (dtype) {
    case DType::kFloat16: return row_to_float<MinifloatRow<Float16>>(source, target, count);
    case DType::kBFloat16: return row_to_float<BFloat16Row>(source, target, count);
    case DType::kFloat8E4M3: return row_to_float<MinifloatRow<Float8E4M3>>(source, target, count);
    case DType::kFloat8E5M2: return row_to_float<MinifloatRow<Float8E5M2>>(source, target, count);
    default: return row_to_float<Float32Row>(source, target, count);
  }
}

void from_float_simd(const float* source, float scale, DType dtype, void* target,
                     std::int64_t count) {
  switch (dtype) {
    case DType::kFloat16:
      return row_from_float<MinifloatRow<Float16>>(source, scale, target, count);
    case DType::kBFloat16: return row_from_float<BFloat16Row>(source, scale, target, count);
    case DType::kFloat8E4M3:
      return row_from_float<MinifloatRow<Float8E4M3>>(source, scale, target, count);
    case DType::kFloat8E5M2:
      return row_from_float<MinifloatRow<Float8E5M2>>(source, scale, target, count);
    default: return row_from_float<Float32Row>(source, scale, target, count);
  }
}

void add_scaled_simd(float weight, const float* source, float* target, std::int64_t count) {
  const auto factor = hn::Set(Floats(), weight);
  for_each_vector(source, target, count, [factor](const float* from, float* to) {
    const auto sum = hn::MulAdd(factor, hn::LoadU(Floats(), from), hn::LoadU(Floats(), to));
    hn::StoreU(sum, Floats(), to);
  });
}

}  // namespace mla::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mla::cpu {

HWY_EXPORT(to_float_simd);
HWY_EXPORT(from_float_simd);
HWY_EXPORT(add_scaled_simd);

void to_float(DType dtype, const void* source, float* target, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(to_float_simd)(dtype, source, target, count);
}

void from_float(const float* source, float scale, DType dtype, void* target, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(from_float_simd)(source, scale, dtype, target, count);
}

void add_scaled(float weight, const float* source, float* target, std::int64_t count) {
  HWY_DYNAMIC_DISPATCH(add_scaled_simd)(weight, source, target, count);
}

}  // namespace mla::cpu
#endif  // HWY_ONCE
