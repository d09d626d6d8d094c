// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tcgen05_matrix_descriptor.h"

#include <array>
#include <optional>

namespace emulator {
namespace {

constexpr uint32_t kVersion = 1;

uint32_t field(uint64_t bits, int first, int count) {
  return static_cast<uint32_t>(bits >> first & ((uint64_t{1} << count) - 1));
}

// By the mode's number; 3, 5 and 7 are not used.
constexpr std::array<std::optional<Swizzle>, 8> kSwizzles = {
    Swizzle::kNone, Swizzle::k128BAtom32B, Swizzle::k128B, std::nullopt,
    Swizzle::k64B,  std::nullopt,          Swizzle::k32B,  std::nullopt};

}  // namespace

Tcgen05MatrixDescriptor Tcgen05MatrixDescriptor::from_bits(uint64_t bits) {
  Tcgen05MatrixDescriptor d;
  d.start_address = field(bits, 0, 14) << 4;
  d.leading_bytes = field(bits, 16, 14) << 4;
  d.stride_bytes = field(bits, 32, 14) << 4;
  d.version = field(bits, 46, 3);
  d.base_offset = field(bits, 49, 3);
  d.has_absolute_leading_address = field(bits, 52, 1) != 0;
  d.reserved = field(bits, 14, 2) | field(bits, 30, 2) | field(bits, 53, 8);
  d.swizzle_mode = field(bits, 61, 3);
  return d;
}

std::string Tcgen05MatrixDescriptor::check() const {
  if (version != kVersion) {
    return "bits 46 to 48 of a tcgen05 descriptor must be 1, not " + std::to_string(version);
  }
  if (!kSwizzles[swizzle_mode]) {
    return "swizzle mode " + std::to_string(swizzle_mode) + " does not exist";
  }
  if (reserved != 0) return "a reserved bit of the descriptor is set";
  if (has_absolute_leading_address) {
    return "an absolute leading dimension address (bit 52) is for a K of 48 bytes only";
  }
  if (base_offset != 0) {
    return "base offset " + std::to_string(base_offset) +
           ": only tiles that start where the pattern of the swizzle starts are supported";
  }
  return {};
}

SharedMatrix Tcgen05MatrixDescriptor::matrix(bool is_mn_major) const {
  return {start_address, leading_bytes, stride_bytes, *kSwizzles[swizzle_mode], is_mn_major};
}

}  // namespace emulator
