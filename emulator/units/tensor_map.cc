// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_map.h"

#include <iterator>

namespace emulator {
namespace {

using ptx::Type;

// By the driver's numbers: unsigned and signed integers, floats, then floats whose subnormals are
// flushed or whose fractions are cut.
constexpr Type kElementTypes[] = {
    Type::kU8,  Type::kU16, Type::kU32,  Type::kS32, Type::kU64, Type::kS64, Type::kF16,
    Type::kF32, Type::kF64, Type::kBf16, Type::kF32, Type::kF32, Type::kF32,
};
constexpr uint8_t kInterleave32B = 2;
constexpr uint32_t kMaxBox = 256;
constexpr uint32_t kMaxElementStride = 8;
constexpr uint64_t kMaxStrideBytes = uint64_t{1} << 40;

}  // namespace

ptx::Type TensorMap::element_type() const {
  return data_type < std::size(kElementTypes) ? kElementTypes[data_type] : Type::kPred;
}

uint32_t TensorMap::element_bytes() const {
  return static_cast<uint32_t>(ptx::size_bytes(element_type()));
}

const char* TensorMap::find_problem() const {
  if (element_type() == Type::kPred) return "unknown data type";
  if (rank < 1 || rank > kMaxTensorRank) return "the rank must be 1 to 5";
  if (interleave > kInterleave32B) return "unknown interleave layout";
  if (interleave != 0 && rank < 3) return "interleaved layouts need a rank of 3 or more";
  if (swizzle > Swizzle::k128BAtom64B) return "unknown swizzle mode";
  if (interleave == kInterleave32B && swizzle != Swizzle::k32B) {
    return "32-byte interleave needs 32-byte swizzle";
  }
  if (fills_nan && !ptx::is_floating_point(element_type())) {
    return "only floating-point tensors are filled with NaN";
  }
  if (const char* problem = find_alignment_problem()) return problem;
  return find_box_problem();
}

const char* TensorMap::find_alignment_problem() const {
  const uint64_t alignment = interleave == kInterleave32B ? 32 : 16;
  if (address == 0 || address % alignment != 0) {
    return "the address must be aligned to 16 bytes, to 32 for 32-byte interleave";
  }
  for (int i = 0; i + 1 < rank; ++i) {
    if (stride_bytes[i] % alignment != 0 || stride_bytes[i] >= kMaxStrideBytes) {
      return "strides must be multiples of 16 bytes below 2^40, of 32 for 32-byte interleave";
    }
  }
  return nullptr;
}

const char* TensorMap::find_box_problem() const {
  for (int i = 0; i < rank; ++i) {
    if (box[i] < 1 || box[i] > kMaxBox) return "box dimensions must be 1 to 256";
    if (element_strides[i] < 1 || element_strides[i] > kMaxElementStride) {
      return "element strides must be 1 to 8";
    }
  }
  if (interleave != 0) return nullptr;
  const uint32_t inner_bytes = box[0] * element_bytes();
  if (inner_bytes % 16 != 0) return "the innermost box dimension must be a multiple of 16 bytes";
  if (swizzle != Swizzle::kNone && inner_bytes > swizzle_span_bytes(swizzle)) {
    return "the innermost box dimension is wider than the swizzle";
  }
  return nullptr;
}

}  // namespace emulator
