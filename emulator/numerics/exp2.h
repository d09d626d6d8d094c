// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "emulator/numerics/interpolation.h"

// ex2.approx bit for bit as an H200 computes it.
namespace emulator {

inline constexpr Segment kExp2Segments[64] = {
    {3, 22713, 494},        {365386, 22960, 501},   {734750, 23210, 506},   {1108133, 23463, 511},
    {1485586, 23718, 518},  {1867145, 23977, 521},  {2252860, 24238, 527},  {2642777, 24502, 532},
    {3036940, 24768, 541},  {3435393, 25038, 546},  {3838184, 25311, 551},  {4245365, 25586, 559},
    {4656977, 25865, 564},  {5073072, 26147, 568},  {5493699, 26431, 577},  {5918905, 26719, 583},
    {6348741, 27010, 589},  {6783258, 27304, 596},  {7222505, 27602, 600},  {7666538, 27902, 609},
    {8115404, 28206, 615},  {8569160, 28513, 622},  {9027854, 28824, 627},  {9491545, 29138, 633},
    {9960285, 29455, 641},  {10434129, 29776, 647}, {10913133, 30100, 655}, {11397354, 30428, 661},
    {11886846, 30759, 670}, {12381669, 31094, 677}, {12881882, 31432, 686}, {13387539, 31775, 691},
    {13898703, 32121, 699}, {14415435, 32471, 705}, {14937793, 32824, 715}, {15465837, 33182, 721},
    {15999633, 33543, 730}, {16539242, 33908, 739}, {17084727, 34277, 748}, {17636150, 34651, 753},
    {18193579, 35028, 763}, {18757078, 35409, 773}, {19326714, 35795, 779}, {19902551, 36185, 787},
    {20484659, 36579, 796}, {21073106, 36977, 806}, {21667961, 37380, 813}, {22269293, 37787, 822},
    {22877175, 38198, 833}, {23491674, 38614, 842}, {24112865, 39035, 849}, {24740822, 39460, 858},
    {25375616, 39889, 870}, {26017322, 40324, 877}, {26666015, 40763, 887}, {27321773, 41207, 896},
    {27984672, 41655, 909}, {28654788, 42109, 917}, {29332202, 42568, 925}, {30016992, 43031, 938},
    {30709240, 43500, 946}, {31409026, 43973, 959}, {32116431, 44452, 969}, {32831540, 44936, 980},
};
inline constexpr Interpolation kExp2 = {kExp2Segments, 17, 13, 0, 6114};

// The fraction bits of 2^(fraction / 2^23).
[[gnu::always_inline]] inline int32_t exp2_significand(int32_t fraction) {
  return static_cast<int32_t>(interpolate<double>(kExp2, fraction) * 0x1p-15);
}

// What follows has no branches, so that the lanes of a warp are computed together.

// ex2.approx.ftz for every number but NaN. Negative numbers are taken as the complement of their
// bits, one less than they are, unless they are whole.
[[gnu::always_inline]] inline float exp2_flushing(float x) {
  constexpr int32_t kFractionBits = 23;
  constexpr int32_t kFraction = (1 << kFractionBits) - 1;
  constexpr int32_t kInfinityBits = 0x7f800000;
  const auto pattern = std::bit_cast<int32_t>(x);
  const int32_t magnitude = std::min(pattern & 0x7fffffff, std::bit_cast<int32_t>(255.0f));
  const auto bounded = std::bit_cast<float>(magnitude | (pattern & ~0x7fffffff));
  const auto fixed = static_cast<int32_t>(bounded * (1 << kFractionBits));
  const int32_t exact = fixed - ((fixed < 0) & ((fixed & kFraction) != 0));
  const int32_t exponent = exact >> kFractionBits;
  const auto bits = static_cast<int32_t>(static_cast<uint32_t>(exponent + 127) << kFractionBits) +
                    exp2_significand(exact & kFraction);
  const int32_t is_normal = -(exponent >= -126) & -(exponent < 128);
  return std::bit_cast<float>((bits & is_normal) | (kInfinityBits & -(exponent >= 128)));
}

// ex2.approx: small results are squares, so that subnormal ones are kept.
[[gnu::always_inline]] inline float exp2_approximation(float x) {
  const bool is_small = x < -126;
  const float half = x * 0.5f;
  const float root = exp2_flushing(is_small ? half : x);
  const float square = root * root;
  const float result = is_small ? square : root;
  return x != x ? x : result;
}

}  // namespace emulator
