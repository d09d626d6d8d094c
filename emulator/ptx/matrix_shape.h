// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/ptx/form.h"

namespace emulator::ptx {

// The extents of a matrix product: m x k times k x n.
struct MatrixShape {
  int m = 0;
  int n = 0;
  int k = 0;
};

// The shape among a form's modifiers, such as m64n256k16; zeros when there is none.
MatrixShape matrix_shape(const Form& form);

}  // namespace emulator::ptx
