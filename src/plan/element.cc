// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/element.h"

#include "check.h"

namespace mla {

ElementType element_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32: return ElementType::kFloat32;
    case DType::kFloat16: return ElementType::kFloat16;
    case DType::kBFloat16: return ElementType::kBFloat16;
    case DType::kFloat8E4M3: return ElementType::kFloat8E4M3;
    case DType::kFloat8E5M2: return ElementType::kFloat8E5M2;
    default: break;
  }
  throw Error(ErrorKind::kType, "plan", "kernels take floating-point elements", name(dtype));
}

}  // namespace mla
