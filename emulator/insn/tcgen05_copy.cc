// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/insn/handlers.h"
#include "emulator/insn/tcgen05_issue.h"
#include "emulator/units/tcgen05_copy_shape.h"
#include "emulator/units/tcgen05_matrix_descriptor.h"

namespace emulator {
namespace {

constexpr uint32_t kChunkBytes = 16;

// Calls visit(row, first byte, offset in shared memory) for every 16 bytes of the source.
template <typename Visit>
void for_each_chunk(const Tcgen05CopyShape& shape, const SharedMatrix& source, Visit&& visit) {
  for (uint32_t row = 0; row < shape.num_rows; ++row) {
    for (uint32_t byte = 0; byte < shape.row_bytes; byte += kChunkBytes) {
      visit(row, byte, source.chunk_of(row, byte, 1));
    }
  }
}

void copy(const AsyncAccess& access, Cta& cta, const Tcgen05CopyShape& shape,
          const SharedMatrix& source, TensorMemoryAddress destination) {
  for_each_chunk(shape, source, [&](uint32_t row, uint32_t byte, uint32_t offset) {
    std::array<uint8_t, kChunkBytes> chunk;
    access.read_shared({&cta, offset}, chunk);
    for (uint32_t i = 0; i < kChunkBytes; i += 4) {
      uint32_t word = 0;
      std::memcpy(&word, chunk.data() + i, sizeof word);
      const uint32_t column = destination.column + (byte + i) / 4;
      for (uint32_t replica = 0; replica < shape.num_replicas; ++replica) {
        cta.tensor_core.memory.write(destination.lane + shape.lane(row, replica), column, word);
      }
    }
    access.release_source({&cta, offset}, kChunkBytes);
  });
}

SharedMatrix read_source(const Tcgen05Issue& issue, const Row& row) {
  const auto descriptor = Tcgen05MatrixDescriptor::from_bits(issue.read(row));
  issue.require(descriptor.check());
  const SharedMatrix matrix = descriptor.matrix(false);
  issue.require(matrix.check_start());
  return matrix;
}

// tcgen05.cp [destination], descriptor
Outcome issue_copy(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  Tcgen05Issue issue(warp, instruction, lanes);
  const Row* operands = instruction.operands;
  const auto shape = Tcgen05CopyShape::find(*instruction.form);
  const auto destination =
      TensorMemoryAddress::from_bits(static_cast<uint32_t>(issue.read(operands[0])));
  if (destination.lane > shape.max_first_lane()) {
    issue.require("a copy cannot begin at lane " + std::to_string(destination.lane) +
                  " of tensor memory");
  }
  const SharedMatrix source = read_source(issue, operands[1]);
  const TensorMemoryRange range{0, TensorMemory::kNumLanes, destination.column,
                                shape.row_bytes / 4};
  issue.claim_write(range);
  const TensorOperation operation = issue.begin();
  const AsyncAccess access = issue.access();
  const std::vector<Cta*> group(issue.group().begin(), issue.group().end());
  for (Cta* cta : group) {
    cta->tensor_core.history.note_write(range, operation);
    for_each_chunk(shape, source, [&](uint32_t, uint32_t, uint32_t offset) {
      access.claim_source({cta, offset}, kChunkBytes);
    });
  }
  issue.submit([access, group, shape, source, destination] {
    for (Cta* cta : group) copy(access, *cta, shape, source, destination);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tcgen05_copy(const Instruction&) {
  return issue_copy;
}

}  // namespace handlers
}  // namespace emulator
