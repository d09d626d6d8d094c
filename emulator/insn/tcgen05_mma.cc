// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <memory>

#include "emulator/insn/handlers.h"
#include "emulator/insn/tcgen05_issue.h"
#include "emulator/insn/tcgen05_product.h"
#include "emulator/units/tcgen05_matrix_descriptor.h"

namespace emulator {
namespace {

MmaKind kind_of(const ptx::Form& form) {
  if (form.has("kind::tf32")) return MmaKind::kTf32;
  if (form.has("kind::f8f6f4")) return MmaKind::kF8f6f4;
  return form.has("kind::i8") ? MmaKind::kI8 : MmaKind::kF16;
}

// Where the operands lie in the rows of the instruction:
// tcgen05.mma    [d], a, b, idesc, {disabled lanes}, enable-input-d, scale-input-d
// tcgen05.mma.ws [d], a, b, idesc, enable-input-d, zero-column mask
struct OperandPlaces {
  const Row* first_disabled_lanes;
  int num_disabled_lanes;
  const Row* accumulates;
  const Row* last;

  explicit OperandPlaces(const Instruction& instruction, bool is_weight_stationary) {
    last = instruction.operands + instruction.num_operands - 1;
    accumulates = last - 1;
    first_disabled_lanes = instruction.operands + 4;
    num_disabled_lanes =
        is_weight_stationary ? 0 : static_cast<int>(accumulates - first_disabled_lanes);
    if (num_disabled_lanes == 1) num_disabled_lanes = 0;  // left out
  }
};

// Limits on how an operand in shared memory may lie (ISA tables 54 and 55).
std::string check_layout(const SharedMatrix& matrix, const InstructionDescriptor& shape,
                         MmaKind kind) {
  const bool has_wide_atoms = matrix.swizzle == Swizzle::k128BAtom32B;
  if (matrix.is_mn_major && has_wide_atoms != (kind == MmaKind::kTf32)) {
    return "a transposed operand needs 128-byte swizzling with 32-byte atoms for 32-bit elements, "
           "and any other mode for narrower ones";
  }
  if (!matrix.is_mn_major && has_wide_atoms) {
    return "swizzling with 32-byte atoms is for transposed operands only";
  }
  const bool is_packed = kind == MmaKind::kF8f6f4 && (shape.a_type > 1 || shape.b_type > 1);
  if (matrix.is_mn_major && is_packed) return "elements of 4 or 6 bits cannot be transposed";
  return matrix.check_start();
}

SharedMatrix read_matrix_operand(const Tcgen05Issue& issue, const Row& row, bool is_mn_major,
                                 const Tcgen05Mma& mma) {
  const auto descriptor = Tcgen05MatrixDescriptor::from_bits(issue.read(row));
  issue.require(descriptor.check());
  const SharedMatrix matrix = descriptor.matrix(is_mn_major);
  issue.require(check_layout(matrix, mma.shape, mma.variant.kind));
  return matrix;
}

void read_a_operand(const Tcgen05Issue& issue, const Row& row, Tcgen05Mma& mma) {
  mma.is_a_in_tensor_memory = row.is_address;
  if (!mma.is_a_in_tensor_memory) {
    mma.a_matrix = read_matrix_operand(issue, row, mma.shape.is_a_mn_major, mma);
    return;
  }
  mma.a = TensorMemoryAddress::from_bits(static_cast<uint32_t>(issue.read(row)));
  if (mma.shape.is_a_mn_major) issue.require("A in tensor memory cannot be transposed");
  if (mma.variant.kind == MmaKind::kF8f6f4 && mma.shape.a_type > 1) {
    issue.require("A in tensor memory with elements of 4 or 6 bits is not supported");
  }
  const bool has_legal_lane = mma.path.is_half_used ? mma.a.lane == mma.d.lane : mma.a.lane == 0;
  if (!has_legal_lane) {
    issue.require("lane " + std::to_string(mma.a.lane) + " of A does not fit D at lane " +
                  std::to_string(mma.d.lane));
  }
}

void check_d_lane(const Tcgen05Issue& issue, const Tcgen05Mma& mma) {
  if (mma.d.lane == 0 || (mma.path.is_half_used && mma.d.lane == 16)) return;
  issue.require("D cannot begin at lane " + std::to_string(mma.d.lane) + " of tensor memory");
}

void read_d_scale(const Tcgen05Issue& issue, const Row& row, Tcgen05Mma& mma) {
  if (row.is_absent()) return;
  mma.d_scale_bits = static_cast<uint32_t>(issue.read(row));
  const bool has_kind = mma.variant.kind == MmaKind::kF16 || mma.variant.kind == MmaKind::kTf32;
  if (!has_kind || mma.d_scale_bits > 15) {
    issue.require("scale-input-d is 0 to 15, and for .kind::f16 and .kind::tf32 only");
  }
}

void check_zero_column_mask(const Tcgen05Issue& issue, const Row& row) {
  constexpr uint64_t kNonZeroMask = uint64_t{1} << 39;
  constexpr uint64_t kColumnShift = uint64_t{0x3f} << 56;
  if (row.is_absent() || (issue.read(row) & (kNonZeroMask | kColumnShift)) == 0) return;
  issue.warp().fail(FaultKind::kUnsupported, issue.instruction(),
                    "a zero-column mask that masks or shifts columns", issue.lane());
}

template <bool kIsWeightStationary>
Tcgen05Mma read_operands(const Tcgen05Issue& issue) {
  const Instruction& instruction = issue.instruction();
  const Row* operands = instruction.operands;
  const OperandPlaces places(instruction, kIsWeightStationary);
  Tcgen05Mma mma;
  mma.variant = {kind_of(*instruction.form), static_cast<int>(issue.group().size()),
                 kIsWeightStationary};
  mma.shape = InstructionDescriptor::from_bits(static_cast<uint32_t>(issue.read(operands[3])));
  issue.require(mma.shape.check(mma.variant));
  mma.path = TensorDataPath::find(mma.variant, mma.shape.m);
  mma.d = TensorMemoryAddress::from_bits(static_cast<uint32_t>(issue.read(operands[0])));
  check_d_lane(issue, mma);
  read_a_operand(issue, operands[1], mma);
  mma.b_matrix = read_matrix_operand(issue, operands[2], mma.shape.is_b_mn_major, mma);
  for (int i = 0; i < places.num_disabled_lanes; ++i) {
    mma.disabled_lanes[static_cast<size_t>(i)] =
        static_cast<uint32_t>(issue.read(places.first_disabled_lanes[i]));
  }
  mma.accumulates = has_lane(issue.warp().predicate(*places.accumulates), issue.lane());
  if (kIsWeightStationary) {
    check_zero_column_mask(issue, *places.last);
  } else {
    read_d_scale(issue, *places.last, mma);
  }
  return mma;
}

// Calls visit(place, bytes) for all shared memory that the product reads.
template <typename Visit>
void for_each_source(std::span<Cta* const> group, const Tcgen05Mma& mma, Visit&& visit) {
  const uint32_t element_bytes = mma_element_bytes(mma.variant.kind);
  for (Cta* cta : group) {
    if (!mma.is_a_in_tensor_memory) {
      for_each_chunk(*cta, mma.a_matrix, mma.path.num_rows, element_bytes, visit);
    }
    for_each_chunk(*cta, mma.b_matrix, mma.columns_per_cta(), element_bytes, visit);
  }
}

void note_operation(const Tcgen05Issue& issue, const Tcgen05Mma& mma,
                    const TensorOperation& operation) {
  for (Cta* cta : issue.group()) {
    TensorMemoryHistory& history = cta->tensor_core.history;
    history.note_write(mma.d_range(), operation);
    if (mma.is_a_in_tensor_memory) history.note_read(mma.a_range(), operation);
  }
}

template <bool kIsWeightStationary>
Outcome issue_mma(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  Tcgen05Issue issue(warp, instruction, lanes);
  const Tcgen05Mma mma = read_operands<kIsWeightStationary>(issue);
  issue.claim_write(mma.d_range());
  if (mma.is_a_in_tensor_memory) issue.claim_read(mma.a_range());
  note_operation(issue, mma, issue.begin());
  const AsyncAccess access = issue.access();
  const std::vector<Cta*> group(issue.group().begin(), issue.group().end());
  for_each_source(group, mma, [&](const SharedPlace& place, uint32_t bytes) {
    access.claim_source(place, bytes);
  });
  issue.submit([access, group, mma] {
    multiply(access, group, mma);
    for_each_source(group, mma, [&](const SharedPlace& place, uint32_t bytes) {
      access.release_source(place, bytes);
    });
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tcgen05_mma(const Instruction&) {
  return issue_mma<false>;
}
Execute tcgen05_mma_ws(const Instruction&) {
  return issue_mma<true>;
}

}  // namespace handlers
}  // namespace emulator
