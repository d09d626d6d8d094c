// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include "emulator/core/async_access.h"
#include "emulator/core/cta.h"
#include "emulator/units/instruction_descriptor.h"
#include "emulator/units/shared_matrix.h"
#include "emulator/units/tensor_data_path.h"

namespace emulator {

// What one tcgen05.mma multiplies, its descriptors taken apart and checked.
struct Tcgen05Mma {
  MmaVariant variant;
  InstructionDescriptor shape;
  TensorDataPath path;
  TensorMemoryAddress d;
  bool is_a_in_tensor_memory = false;
  TensorMemoryAddress a;
  SharedMatrix a_matrix;
  SharedMatrix b_matrix;
  bool accumulates = false;   // D = A * B + D, else D = A * B
  uint32_t d_scale_bits = 0;  // D is multiplied with 2^-d_scale_bits first
  std::array<uint32_t, 8> disabled_lanes{};

  uint32_t depth() const { return mma_depth(variant.kind); }
  // Columns of B that each CTA holds in its shared memory.
  uint32_t columns_per_cta() const { return shape.n / static_cast<uint32_t>(variant.cta_group); }
  TensorMemoryRange d_range() const;
  TensorMemoryRange a_range() const;  // when A is in tensor memory
};

// Takes the bits of an element: sink(mn, k, bits).
using ElementSink = std::function<void(uint32_t, uint32_t, uint32_t)>;

// Reads `extent` rows of A or columns of B from the shared memory of a CTA. Elements have
// `element_bytes`; `packed_bits` of 4 or 6 stand for 16 elements in each 16 bytes, from the lowest
// bits on.
void read_matrix(const AsyncAccess& access, Cta& cta, const SharedMatrix& matrix, uint32_t extent,
                 uint32_t element_bytes, uint32_t packed_bits, const ElementSink& sink);

// Reads the part of A that lies in a CTA's tensor memory; parts of the data path that hold the same
// rows must agree.
void read_tensor_memory_matrix(const AsyncAccess& access, Cta& cta, const Tcgen05Mma& mma,
                               const ElementSink& sink);

// Calls visit(place, bytes) for the pieces of shared memory that read_matrix reads.
void for_each_chunk(Cta& cta, const SharedMatrix& matrix, uint32_t extent, uint32_t element_bytes,
                    const std::function<void(const SharedPlace&, uint32_t)>& visit);

}  // namespace emulator
