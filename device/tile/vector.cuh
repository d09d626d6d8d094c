// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/element_type.h"
#include "device/ptx/cvt.cuh"
#include "device/ptx/ldst.cuh"

// A few neighbouring elements of a row that one thread moves with one instruction, and their
// conversion to and from float32.
namespace mla::tile {

// The register form of a vector of so many bytes.
template <int kBytes>
struct RawOf;
template <>
struct RawOf<16> {
  using Type = uint4;
};
template <>
struct RawOf<8> {
  using Type = uint2;
};
template <>
struct RawOf<4> {
  using Type = unsigned;
};
template <>
struct RawOf<2> {
  using Type = unsigned short;
};
template <>
struct RawOf<1> {
  using Type = unsigned char;
};
template <int kBytes>
using Raw = typename RawOf<kBytes>::Type;

// The 32-bit words of a raw vector; one shorter than a word lies in the low bits.
__device__ inline unsigned word(const uint4& raw, int i) {
  return i == 0 ? raw.x : i == 1 ? raw.y : i == 2 ? raw.z : raw.w;
}
__device__ inline unsigned word(const uint2& raw, int i) {
  return i == 0 ? raw.x : raw.y;
}
__device__ inline unsigned word(unsigned raw, int) {
  return raw;
}
__device__ inline unsigned word(unsigned short raw, int) {
  return raw;
}

__device__ inline void set_words(uint4& raw, const unsigned* words) {
  raw = make_uint4(words[0], words[1], words[2], words[3]);
}
__device__ inline void set_words(uint2& raw, const unsigned* words) {
  raw = make_uint2(words[0], words[1]);
}
__device__ inline void set_words(unsigned& raw, const unsigned* words) {
  raw = words[0];
}
__device__ inline void set_words(unsigned short& raw, const unsigned* words) {
  raw = static_cast<unsigned short>(words[0]);
}
__device__ inline void set_words(unsigned char& raw, const unsigned* words) {
  raw = static_cast<unsigned char>(words[0]);
}

// Element i of a raw vector, as float32. Exact.
template <ElementType kType, typename RawVector>
__device__ inline float element(const RawVector& raw, int i) {
  if constexpr (kType == ElementType::kFloat32) {
    return __uint_as_float(word(raw, i));
  } else {
    const unsigned half = word(raw, i / 2) >> (16 * (i % 2));
    if constexpr (kType == ElementType::kBFloat16) {
      return __uint_as_float(half << 16);
    } else {
      static_assert(kType == ElementType::kFloat16);
      return ptx::cvt_f32_f16(static_cast<unsigned short>(half));
    }
  }
}

// Two neighbouring values rounded to 16-bit or 8-bit elements, in the low bits of a word.
template <ElementType kType>
__device__ inline unsigned rounded_pair(float low, float high) {
  if constexpr (kType == ElementType::kBFloat16) return ptx::cvt_rn_bf16x2(low, high);
  if constexpr (kType == ElementType::kFloat16) return ptx::cvt_rn_f16x2(low, high);
  if constexpr (kType == ElementType::kFloat8E4M3) return ptx::cvt_rn_satfinite_e4m3x2(low, high);
  if constexpr (kType == ElementType::kFloat8E5M2) return ptx::cvt_rn_satfinite_e5m2x2(low, high);
}

// kCount values rounded to elements of kType, as the raw vector that holds them.
template <ElementType kType, int kCount>
__device__ inline auto rounded(const float (&values)[kCount]) {
  constexpr int kBytes = kCount * size_bytes(kType);
  unsigned words[(kBytes + 3) / 4] = {};
  if constexpr (kType == ElementType::kFloat32) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) words[i] = __float_as_uint(values[i]);
  } else {
    constexpr int kPairBits = 16 * size_bytes(kType);
#pragma unroll
    for (int i = 0; i < kCount; i += 2) {
      const float high = i + 1 < kCount ? values[i + 1] : 0.0f;
      const int bit = i / 2 * kPairBits;
      words[bit / 32] |= rounded_pair<kType>(values[i], high) << (bit % 32);
    }
  }
  Raw<kBytes> raw;
  set_words(raw, words);
  return raw;
}

}  // namespace mla::tile
