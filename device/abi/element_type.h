// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla {

// The element of a tensor that a kernel is compiled for.
enum class ElementType : unsigned char {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat8E4M3,
  kFloat8E5M2,
};

constexpr int size_bytes(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return 4;
    case ElementType::kFloat16:
    case ElementType::kBFloat16: return 2;
    case ElementType::kFloat8E4M3:
    case ElementType::kFloat8E5M2: return 1;
  }
  return 0;
}

}  // namespace mla
