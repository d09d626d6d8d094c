// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "emulator/numerics/interpolation.h"

// lg2.approx bit for bit as an H200 computes it.
namespace emulator {

inline constexpr Segment kLog2Segments[64] = {
    {7, 47272, -727},        {1501082, 46545, -705},  {2979248, 45840, -685},
    {4435178, 45156, -665},  {5869541, 44492, -646},  {7282962, 43847, -627},
    {8676044, 43221, -610},  {10049363, 42612, -592}, {11403483, 42020, -576},
    {12738917, 41444, -559}, {14056184, 40884, -544}, {15355769, 40339, -530},
    {16638140, 39809, -518}, {17903743, 39292, -504}, {19153023, 38788, -491},
    {20386388, 38297, -479}, {21604233, 37818, -466}, {22806955, 37351, -455},
    {23994917, 36896, -445}, {25168476, 36451, -433}, {26327983, 36018, -425},
    {27473763, 35594, -414}, {28606145, 35180, -404}, {29725438, 34776, -396},
    {30831938, 34380, -385}, {31925933, 33994, -377}, {33007706, 33616, -368},
    {34077525, 33247, -361}, {35135650, 32886, -354}, {36182341, 32532, -346},
    {37217834, 32186, -339}, {38242366, 31847, -331}, {39256173, 31516, -326},
    {40259472, 31191, -319}, {41252485, 30872, -311}, {42235415, 30561, -307},
    {43208464, 30255, -300}, {44171830, 29955, -293}, {45125709, 29662, -289},
    {46070275, 29374, -283}, {47005716, 29091, -276}, {47932209, 28814, -271},
    {48849920, 28542, -266}, {49759008, 28276, -262}, {50659645, 28014, -257},
    {51551985, 27757, -253}, {52436169, 27505, -249}, {53312352, 27257, -244},
    {54180676, 27013, -238}, {55041283, 26774, -234}, {55894308, 26540, -232},
    {56739878, 26309, -227}, {57578134, 26082, -223}, {58409191, 25859, -219},
    {59233179, 25640, -216}, {60050209, 25424, -211}, {60860399, 25213, -209},
    {61663869, 25004, -204}, {62460730, 24799, -201}, {63251080, 24598, -199},
    {64035037, 24399, -195}, {64812691, 24204, -192}, {65584149, 24012, -189},
    {66349508, 23823, -186},
};
inline constexpr Interpolation kLog2 = {kLog2Segments, 17, 12, 1, 837};

// lg2.approx of a positive normal number: the sum of exponent and logarithm of the significand in
// units of 2^-38, cut to 24 bits, and never finer than 2^-36. Of a negative sum the complement is
// taken for the magnitude.
inline float log2_of_normal(float x) {
  constexpr int kUnitBits = 38;
  const auto bits = std::bit_cast<int32_t>(x);
  const int64_t exponent = (bits >> 23) - 127;
  const int64_t sum = exponent * (int64_t{1} << kUnitBits) + interpolate(kLog2, bits & 0x7fffff);
  const int64_t magnitude = sum < 0 ? ~sum : sum;
  const int width = 64 - std::countl_zero(static_cast<uint64_t>(magnitude));
  const int cut = width > 26 ? width - 24 : 2;
  const auto kept = static_cast<float>(magnitude >> cut << cut) * 0x1p-38f;
  return x == 1 ? 0 : sum < 0 ? -kept : kept;
}

// lg2.approx.ftz; subnormal numbers are zero to it.
inline float log2_flushing(float x) {
  if (x != x || x <= -std::numeric_limits<float>::min()) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  if (x < std::numeric_limits<float>::min()) return -std::numeric_limits<float>::infinity();
  return x > std::numeric_limits<float>::max() ? x : log2_of_normal(x);
}

// lg2.approx: subnormal numbers are scaled, and the scale is taken from the result.
inline float log2_approximation(float x) {
  const bool is_small = x < std::numeric_limits<float>::min();
  const float result = log2_flushing(is_small ? x * 0x1p24f : x);
  return is_small ? result - 24 : result;
}

}  // namespace emulator
