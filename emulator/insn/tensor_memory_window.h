// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/insn/tensor_core_access.h"
#include "emulator/units/tensor_memory_shape.h"

namespace emulator {

enum class TensorMemoryUse : uint8_t { kLoad, kStore };

// The words of tensor memory that a tcgen05.ld or tcgen05.st of one warp moves.
struct TensorMemoryWindow {
  TensorMemory* memory;
  TensorMemoryShape shape;
  TensorMemoryAddress base;  // the warp's own lanes
  uint32_t split = 0;        // 16x32bx2: column offset of the second half

  TensorMemoryAddress place(uint32_t t, uint32_t r) const {
    const TensorMemoryAddress relative = shape.place(t, r, split);
    return {base.lane + relative.lane, base.column + relative.column};
  }
};

// Checks the address operand and, behind it, the offset of the second half of 16x32bx2: the same in
// all lanes, lanes that the warp may access, allocated columns, for loads words that hold a value,
// and nothing under way that would collide. The access is under way until tcgen05.wait.
TensorMemoryWindow open_window(Warp& warp, const Instruction& instruction, const Row& address,
                               const TensorMemoryShape& shape, TensorMemoryUse use);

}  // namespace emulator
