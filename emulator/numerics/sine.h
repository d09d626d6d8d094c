// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <numbers>

// sin.approx and cos.approx. ptxas turns radians into turns, with a product in f32 that is cut off
// toward zero; most of the error that the manual allows comes from there. What the function of
// turns adds on silicon is unknown: here it is rounded from double.
namespace emulator {

inline float turns_of(float radians) {
  constexpr float kTurnsPerRadian = 0x1.45f306p-3f;  // the f32 below 1/2π
  const double exact = static_cast<double>(radians) * static_cast<double>(kTurnsPerRadian);
  const auto nearest = static_cast<float>(exact);
  const bool is_larger = std::fabs(static_cast<double>(nearest)) > std::fabs(exact);
  return is_larger ? std::nextafter(nearest, 0.0f) : nearest;
}

// Between half a turn back and half a turn on: exact.
inline double without_full_turns(float turns) {
  return static_cast<double>(turns) - std::nearbyint(static_cast<double>(turns));
}

inline float sine_approximation(float radians) {
  const double turns = without_full_turns(turns_of(radians));
  if (turns == 0) return std::copysign(0.0f, radians);
  const double distance = std::fabs(turns) > 0.25 ? std::copysign(0.5, turns) - turns : turns;
  return static_cast<float>(std::sin(2 * std::numbers::pi * distance));
}

inline float cosine_approximation(float radians) {
  const double turns = std::fabs(without_full_turns(turns_of(radians)));
  return static_cast<float>(std::sin(2 * std::numbers::pi * (0.25 - turns)));
}

}  // namespace emulator
