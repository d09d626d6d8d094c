// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/vector_length.h"

#include "emulator/ptx/instruction_table.h"
#include "emulator/ptx/matrix_shape.h"
#include "emulator/units/tensor_memory_shape.h"

namespace emulator::ptx {
namespace {

int tensor_memory_registers(const Form& form) {
  const auto shape = TensorMemoryShape::find(form.one_of("32x32b|16x64b|16x128b|16x256b|16x32bx2"),
                                             form.one_of("x1|x2|x4|x8|x16|x32|x64|x128"), false);
  return shape ? static_cast<int>(shape->num_registers()) : 0;
}

// A warpgroup's 128 threads share 64 rows of N accumulators, two to a register in f16.
int wgmma_registers(const Form& form) {
  const MatrixShape shape = matrix_shape(form);
  return form.type() == Type::kF16 ? shape.n / 4 : shape.n / 2;
}

// The matrices of 8 x 8 16-bit elements take one register, those of 16 x 16 bytes take two.
int matrix_load_registers(const Form& form) {
  const int count = form.has("x1") ? 1 : form.has("x2") ? 2 : 4;
  if (!form.has("m16n16")) return count;
  return count == 4 ? 0 : 2 * count;
}

}  // namespace

int vector_length(const Form& form) {
  const std::string_view opcode = form.row->opcode;
  if (opcode.starts_with("tcgen05.ld") || opcode == "tcgen05.st") {
    return tensor_memory_registers(form);
  }
  // The lanes that tcgen05.mma leaves alone: a bit each, for the 128 lanes of each CTA.
  if (opcode == "tcgen05.mma") return form.has("cta_group::2") ? 8 : 4;
  if (opcode == "wgmma.mma_async") return wgmma_registers(form);
  if (opcode == "ldmatrix" || opcode == "stmatrix") return matrix_load_registers(form);
  return form.vector_width();
}

}  // namespace emulator::ptx
