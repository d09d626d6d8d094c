// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/cta.h"
#include "emulator/numerics/product_rule.h"
#include "emulator/units/matrix_descriptor.h"

namespace emulator {

// The operands of a wgmma.mma_async among an instruction's rows, and what its modifiers say.
struct WgmmaForm {
  explicit WgmmaForm(const Instruction& instruction);

  const Row* d;
  int num_d;  // registers
  const Row* a;
  bool has_a_descriptor;  // else `a` are the four registers of a fragment
  const Row* b;
  const Row* scale_d;
  const Row* negate_a;    // null, or negate_a and negate_b
  const Row* transposes;  // null, or transpose_a and transpose_b, the first only with a descriptor
  int num_columns;
  int depth;
  bool is_integer;  // .s8 or .u8 into .s32; the formats are those of the others
  uint32_t element_bytes;
  OperandFormat a_format{};
  OperandFormat b_format{};
  AccumulatorFormat d_format{};

  MatrixExtent a_extent() const;
  MatrixExtent b_extent() const;
};

// Multiplies and adds: what the tensor core does with an operation that all warps have issued.
void run_wgmma(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation);

// Claims what the operation reads in shared memory, and lets it go again.
void claim_wgmma_sources(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation);
void release_wgmma_sources(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation);

// Reports a warp that ends before it has waited for all of its operations.
void check_wgmma_at_exit(const Warp& warp, LaneMask lanes);

}  // namespace emulator
