// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace emulator {

// How tensor copies and matrix descriptors permute 16-byte chunks of shared memory (PTX ISA 5.5.7).
enum class Swizzle : uint8_t {
  kNone,
  k32B,
  k64B,
  k128B,
  k128BAtom32B,        // 32-byte pieces stay together
  k128BAtom32BFlip8B,  // and the 8-byte halves of a chunk change places in odd rows
  k128BAtom64B,        // 64-byte pieces stay together
};

// How many bytes of shared memory a swizzle permutes among themselves in a row: 16 (none), 32, 64
// or 128.
constexpr uint32_t swizzle_span_bytes(Swizzle swizzle) {
  switch (swizzle) {
    case Swizzle::kNone: return 16;
    case Swizzle::k32B: return 32;
    case Swizzle::k64B: return 64;
    default: return 128;
  }
}

// After how many bytes the pattern repeats; tiles start at a multiple of it.
constexpr uint32_t swizzle_repeat_bytes(Swizzle swizzle) {
  return swizzle == Swizzle::kNone ? 16 : 8 * swizzle_span_bytes(swizzle);
}

// Where the byte lies that would be at `offset` without swizzle. Offsets count from the start of
// the CTA's shared memory, since the pattern depends on absolute address bits.
constexpr uint32_t swizzled_offset(Swizzle swizzle, uint32_t offset) {
  switch (swizzle) {
    case Swizzle::kNone: return offset;
    case Swizzle::k32B: return offset ^ ((offset >> 3) & 0x10);
    case Swizzle::k64B: return offset ^ ((offset >> 3) & 0x30);
    case Swizzle::k128B: return offset ^ ((offset >> 3) & 0x70);
    case Swizzle::k128BAtom32B: return offset ^ ((offset >> 2) & 0x60);
    case Swizzle::k128BAtom32BFlip8B:
      return offset ^ ((offset >> 2) & 0x60) ^ ((offset >> 4) & 0x08);
    case Swizzle::k128BAtom64B: return offset ^ ((offset >> 1) & 0x40);
  }
  return offset;
}

}  // namespace emulator
