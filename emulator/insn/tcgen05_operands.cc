// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tcgen05_operands.h"

#include <cstring>
#include <optional>

namespace emulator {
namespace {

constexpr uint32_t kChunkBytes = 16;
constexpr uint32_t kDepthBytes = 32;  // of K that one instruction takes

using Chunk = std::array<uint8_t, kChunkBytes>;

uint32_t element_of(const Chunk& chunk, uint32_t index, uint32_t element_bytes,
                    uint32_t packed_bits) {
  if (packed_bits == 0) {
    uint32_t bits = 0;
    std::memcpy(&bits, chunk.data() + index * element_bytes, element_bytes);
    return bits;
  }
  const uint32_t first = index * packed_bits;
  const uint32_t two_bytes = chunk[first / 8] | static_cast<uint32_t>(chunk[first / 8 + 1]) << 8;
  return two_bytes >> first % 8 & ((1u << packed_bits) - 1);
}

// Calls visit(mn, k, offset) for each chunk, with its first element.
template <typename Visit>
void for_each_chunk_start(const SharedMatrix& matrix, uint32_t extent, uint32_t element_bytes,
                          Visit&& visit) {
  const uint32_t per_chunk = kChunkBytes / element_bytes;
  const uint32_t depth = kDepthBytes / element_bytes;
  const uint32_t mn_step = matrix.is_mn_major ? per_chunk : 1;
  const uint32_t k_step = matrix.is_mn_major ? 1 : per_chunk;
  for (uint32_t mn = 0; mn < extent; mn += mn_step) {
    for (uint32_t k = 0; k < depth; k += k_step) {
      visit(mn, k, matrix.chunk_of(mn, k, element_bytes));
    }
  }
}

std::string describe(uint32_t lane, uint32_t column) {
  return "lane " + std::to_string(lane) + " column " + std::to_string(column);
}

}  // namespace

TensorMemoryRange Tcgen05Mma::d_range() const {
  return {0, TensorMemory::kNumLanes, d.column, path.num_columns(shape.n)};
}

TensorMemoryRange Tcgen05Mma::a_range() const {
  return {0, TensorMemory::kNumLanes, a.column, kDepthBytes / 4};
}

void read_matrix(const AsyncAccess& access, Cta& cta, const SharedMatrix& matrix, uint32_t extent,
                 uint32_t element_bytes, uint32_t packed_bits, const ElementSink& sink) {
  for_each_chunk_start(matrix, extent, element_bytes,
                       [&](uint32_t mn, uint32_t k, uint32_t offset) {
                         Chunk chunk;
                         access.read_shared({&cta, offset}, chunk);
                         for (uint32_t i = 0; i < kChunkBytes / element_bytes; ++i) {
                           const uint32_t bits = element_of(chunk, i, element_bytes, packed_bits);
                           matrix.is_mn_major ? sink(mn + i, k, bits) : sink(mn, k + i, bits);
                         }
                       });
}

void read_tensor_memory_matrix(const AsyncAccess& access, Cta& cta, const Tcgen05Mma& mma,
                               const ElementSink& sink) {
  TensorMemory& memory = cta.tensor_core.memory;
  const uint32_t element_bytes = mma_element_bytes(mma.variant.kind);
  const uint32_t per_word = 4 / element_bytes;
  const auto read = [&](uint32_t row, uint32_t part, uint32_t column) {
    const uint32_t lane = mma.a.lane + mma.path.lane(row, part);
    if (!memory.is_initialised(lane, column)) {
      access.fail(FaultKind::kUninitialisedTensorMemory,
                  "A is read from tensor memory " + describe(lane, column) +
                      " before anything was written there",
                  TensorMemoryAddress{lane, column}.bits());
    }
    return memory.word(lane, column);
  };
  for (uint32_t row = 0; row < mma.path.num_rows; ++row) {
    for (uint32_t k = 0; k < mma.depth(); k += per_word) {
      const uint32_t column = mma.a.column + k / per_word;
      const uint32_t word = read(row, 0, column);
      for (uint32_t part = 1; part < mma.path.num_parts; ++part) {
        if (read(row, part, column) == word) continue;
        access.fail(
            FaultKind::kTensorMemoryMisuse,
            "row " + std::to_string(row) +
                " of A differs between the parts of the lanes, each of which needs all of A: " +
                describe(mma.path.lane(row, part), column));
      }
      for (uint32_t i = 0; i < per_word; ++i) {
        const uint32_t bits = word >> 8 * element_bytes * i;
        sink(row, k + i, element_bytes == 4 ? bits : bits & ((1u << 8 * element_bytes) - 1));
      }
    }
  }
}

void for_each_chunk(Cta& cta, const SharedMatrix& matrix, uint32_t extent, uint32_t element_bytes,
                    const std::function<void(const SharedPlace&, uint32_t)>& visit) {
  for_each_chunk_start(matrix, extent, element_bytes, [&](uint32_t, uint32_t, uint32_t offset) {
    visit({&cta, offset}, kChunkBytes);
  });
}

}  // namespace emulator
