// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Softmax over a stream of key tiles, one query row per vector lane; compiled once per instruction
// set.
#if defined(MLA_CPU_ONLINE_SOFTMAX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef MLA_CPU_ONLINE_SOFTMAX_INL_H
#undef MLA_CPU_ONLINE_SOFTMAX_INL_H
#else
#define MLA_CPU_ONLINE_SOFTMAX_INL_H
#endif

#include <cstdint>
#include <limits>

#include "cpu/simd.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace mla::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

// 2^x for x <= 0, right to about one unit in the last place; 0 below -127, NaN for NaN. Highway's
// own Exp turns NaN into 0, which would hide a NaN in the cache.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp2_nonpositive(D d, V x) {
  const hn::RebindToSigned<D> bits;
  const auto lowest = hn::Set(d, -127.0f);
  const auto clamped = hn::IfThenElse(hn::Lt(x, lowest), lowest, x);
  const auto whole = hn::Round(clamped);
  const auto fraction = hn::Sub(clamped, whole);  // in [-0.5, 0.5]
  // The polynomial of degree 6 with the least relative error (2.6e-9) that is 1 at 0.
  auto power = hn::Set(d, 1.55946782e-4f);
  power = hn::MulAdd(power, fraction, hn::Set(d, 1.34066439e-3f));
  power = hn::MulAdd(power, fraction, hn::Set(d, 9.61769297e-3f));
  power = hn::MulAdd(power, fraction, hn::Set(d, 5.55031055e-2f));
  power = hn::MulAdd(power, fraction, hn::Set(d, 2.40226528e-1f));
  power = hn::MulAdd(power, fraction, hn::Set(d, 6.93147215e-1f));
  power = hn::MulAdd(power, fraction, hn::Set(d, 1.0f));
  const auto exponent = hn::Add(hn::ConvertTo(bits, whole), hn::Set(bits, 127));
  return hn::Mul(power, hn::BitCast(d, hn::ShiftLeft<23>(exponent)));
}

// The keys of a tile that one lane per query row looks at: scores[key * stride + lane].
struct ScoreColumns {
  float* scores;
  std::int64_t stride;
  std::int64_t num_keys;
};

// Writes -inf where key >= num_visible[lane].
template <class D>
HWY_INLINE void mask_scores(D d, const ScoreColumns& columns, const float* num_visible) {
  const auto bound = hn::LoadU(d, num_visible);
  for (std::int64_t key = 0; key < columns.num_keys; ++key) {
    float* scores = columns.scores + key * columns.stride;
    const auto is_visible = hn::Lt(hn::Set(d, float(key)), bound);
    const auto score = hn::LoadU(d, scores);
    hn::StoreU(hn::IfThenElse(is_visible, score, hn::Set(d, kMinusInfinity)), d, scores);
  }
}

// Turns base-2 scores into weights 2^(score - max) with the maximum so far, and brings max and sum
// up to date. Returns what everything summed under the old maximum has to be multiplied by.
template <class D>
HWY_INLINE hn::Vec<D> soften(D d, const ScoreColumns& columns, float* max, float* sum) {
  const auto old_max = hn::LoadU(d, max);
  auto new_max = old_max;
  for (std::int64_t key = 0; key < columns.num_keys; ++key) {
    new_max = hn::Max(new_max, hn::LoadU(d, columns.scores + key * columns.stride));
  }
  // Without any visible key yet the maximum is -inf, and -inf - -inf would be NaN.
  const auto has_no_key = hn::Eq(new_max, hn::Set(d, kMinusInfinity));
  const auto reference = hn::IfThenElse(has_no_key, hn::Zero(d), new_max);
  const auto rescale = exp2_nonpositive(d, hn::Sub(old_max, reference));
  auto new_sum = hn::Mul(hn::LoadU(d, sum), rescale);
  for (std::int64_t key = 0; key < columns.num_keys; ++key) {
    float* scores = columns.scores + key * columns.stride;
    const auto weight = exp2_nonpositive(d, hn::Sub(hn::LoadU(d, scores), reference));
    hn::StoreU(weight, d, scores);
    new_sum = hn::Add(new_sum, weight);
  }
  hn::StoreU(new_max, d, max);
  hn::StoreU(new_sum, d, sum);
  return rescale;
}

}  // namespace mla::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // MLA_CPU_ONLINE_SOFTMAX_INL_H
