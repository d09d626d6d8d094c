// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <array>
#include <cstring>

#include "emulator/core/async_access.h"
#include "emulator/insn/wgmma.h"
#include "emulator/numerics/integer_product.h"
#include "emulator/numerics/matrix_product.h"
#include "emulator/ptx/instruction_table.h"
#include "emulator/ptx/matrix_shape.h"
#include "emulator/ptx/vector_length.h"
#include "emulator/units/matrix_fragment.h"

namespace emulator {
namespace {

constexpr int kRows = 64;
constexpr int kWarpRows = 16;
constexpr int kMaxColumns = 256;

OperandFormat operand_format(ptx::Type type) {
  switch (type) {
    case ptx::Type::kF16: return OperandFormat::kF16;
    case ptx::Type::kBf16: return OperandFormat::kBf16;
    case ptx::Type::kTf32: return OperandFormat::kTf32;
    case ptx::Type::kE4m3: return OperandFormat::kE4m3;
    default: return OperandFormat::kE5m2;
  }
}

AsyncAccess access_of(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation) {
  AsyncAccess access(*cta.warps[warpgroup * kWarpgroupWarps], *operation.instruction, 0);
  access.belongs_to(operation.accesses);
  return access;
}

uint32_t element_of(const uint8_t* bytes, uint32_t size) {
  uint32_t element = 0;
  std::memcpy(&element, bytes, size);
  return element;
}

// Calls set(mn, k, bits) for each element of an operand in shared memory.
template <typename Set>
void read_operand(const AsyncAccess& access, const MatrixLayout& layout, const MatrixExtent& size,
                  const Set& set) {
  Cta& cta = access.warp().cta();
  for_each_chunk(layout, size, [&](uint32_t mn, uint32_t k, uint32_t offset) {
    uint8_t chunk[kChunkBytes];
    access.read_shared({&cta, offset}, chunk);
    for (uint32_t i = 0; i < kChunkBytes / size.element_bytes; ++i) {
      const uint32_t element = element_of(chunk + i * size.element_bytes, size.element_bytes);
      set(static_cast<int>(layout.is_mn_major ? mn + i : mn),
          static_cast<int>(layout.is_mn_major ? k : k + i), element);
    }
  });
}

// The same for A in the registers of the four warps.
template <typename Set>
void read_fragments(const WgmmaOperation& operation, const WgmmaForm& form, const Set& set) {
  const int per_register = static_cast<int>(4 / form.element_bytes);
  for (int warp = 0; warp < static_cast<int>(kWarpgroupWarps); ++warp) {
    const MatrixFragment& fragment = operation.a_fragments[static_cast<size_t>(warp)];
    for (int index = 0; index < ptx::kMatrixRegisters; ++index) {
      for (int lane = 0; lane < kWarpSize; ++lane) {
        const uint32_t word = fragment[static_cast<size_t>(index)][static_cast<size_t>(lane)];
        for (int i = 0; i < per_register; ++i) {
          const FragmentPlace place = operand_place(lane, index, i, per_register);
          set(kWarpRows * warp + place.row, place.column, word >> (32 / per_register * i));
        }
      }
    }
  }
}

template <typename Tile>
Tile read_a(const WgmmaOperation& operation, const WgmmaForm& form, const AsyncAccess& access,
            Tile tile) {
  const WgmmaScalars& scalars = operation.scalars;
  const auto set = [&tile](int row, int k, uint32_t bits) { tile.set(row, k, bits); };
  if (form.has_a_descriptor) {
    read_operand(access, WgmmaDescriptor{scalars.a_descriptor}.layout(scalars.transposes_a),
                 form.a_extent(), set);
  } else {
    read_fragments(operation, form, set);
  }
  return tile;
}

template <typename Tile>
Tile read_b(const WgmmaOperation& operation, const WgmmaForm& form, const AsyncAccess& access,
            Tile tile) {
  const WgmmaScalars& scalars = operation.scalars;
  read_operand(access, WgmmaDescriptor{scalars.b_descriptor}.layout(scalars.transposes_b),
               form.b_extent(),
               [&tile](int column, int k, uint32_t bits) { tile.set(column, k, bits); });
  return tile;
}

// Calls visit(register, lane, accumulator, half) for each accumulator of a warp; `half` is which
// half of the register holds it, in f16.
template <typename T, typename Visit>
void for_each_accumulator(const WgmmaForm& form, T* rows, Visit&& visit) {
  const bool is_half = !form.is_integer && form.d_format == AccumulatorFormat::kF16;
  for (int index = 0; index < form.num_columns / 2; ++index) {
    const int half = is_half ? index % 2 : 0;
    for (int lane = 0; lane < kWarpSize; ++lane) {
      const FragmentPlace place = accumulator_place(lane, index);
      visit(is_half ? index / 2 : index, lane, rows[place.row * form.num_columns + place.column],
            half);
    }
  }
}

void load_accumulators(const Warp& warp, const WgmmaForm& form, uint32_t* rows) {
  for_each_accumulator(form, rows, [&](int index, int lane, uint32_t& value, int) {
    value = warp.words<uint32_t>(form.d[index])[lane];
  });
}

void load_accumulators(const Warp& warp, const WgmmaForm& form, float* rows) {
  const bool is_half = form.d_format == AccumulatorFormat::kF16;
  for_each_accumulator(form, rows, [&](int index, int lane, float& value, int half) {
    const uint32_t word = warp.words<uint32_t>(form.d[index])[lane];
    value = is_half ? decode_operand(OperandFormat::kF16, word >> (16 * half))
                    : std::bit_cast<float>(word);
  });
}

void store_accumulators(const Warp& warp, const WgmmaForm& form, uint32_t* rows) {
  for_each_accumulator(form, rows, [&](int index, int lane, const uint32_t& value, int) {
    warp.words<uint32_t>(form.d[index])[lane] = value;
  });
}

void store_accumulators(const Warp& warp, const WgmmaForm& form, float* rows) {
  const bool is_half = form.d_format == AccumulatorFormat::kF16;
  for_each_accumulator(form, rows, [&](int index, int lane, const float& value, int half) {
    uint32_t& word = warp.words<uint32_t>(form.d[index])[lane];
    if (!is_half) {
      word = std::bit_cast<uint32_t>(value);
      return;
    }
    const auto bits =
        static_cast<uint32_t>(round_to_format(value, kF16Format, Rounding::kNearestEven, false));
    word = (word & ~(0xffffu << (16 * half))) | bits << (16 * half);
  });
}

// The accumulators of the four warps before the operation, changed by multiply(d), and after it.
template <typename T, typename Multiply>
void update_accumulators(Cta& cta, uint32_t warpgroup, const WgmmaForm& form, bool accumulates,
                         const Multiply& multiply) {
  std::array<T, size_t{kRows} * kMaxColumns> d{};
  const auto rows_of = [&](uint32_t i) {
    return d.data() + i * static_cast<uint32_t>(kWarpRows * form.num_columns);
  };
  const auto* warps = &cta.warps[size_t{warpgroup} * kWarpgroupWarps];
  for (uint32_t i = 0; accumulates && i < kWarpgroupWarps; ++i) {
    load_accumulators(*warps[i], form, rows_of(i));
  }
  multiply(d.data());
  for (uint32_t i = 0; i < kWarpgroupWarps; ++i) store_accumulators(*warps[i], form, rows_of(i));
}

void multiply_integers(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation,
                       const WgmmaForm& form, const AsyncAccess& access) {
  const ptx::Form& text = *operation.instruction->form;
  const IntegerTile a = read_a(operation, form, access,
                               IntegerTile(text.types[1] == ptx::Type::kS8, kRows, form.depth));
  const IntegerTile b =
      read_b(operation, form, access,
             IntegerTile(text.types[2] == ptx::Type::kS8, form.num_columns, form.depth));
  update_accumulators<uint32_t>(
      cta, warpgroup, form, operation.scalars.accumulates,
      [&](uint32_t* d) { multiply_accumulate(a, b, text.has("satfinite"), d, form.num_columns); });
}

void multiply_floats(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation,
                     const WgmmaForm& form, const AsyncAccess& access) {
  OperandTile a = read_a(operation, form, access, OperandTile(form.a_format, kRows, form.depth));
  OperandTile b =
      read_b(operation, form, access, OperandTile(form.b_format, form.num_columns, form.depth));
  if (operation.scalars.negates_a) a.negate();
  if (operation.scalars.negates_b) b.negate();
  update_accumulators<float>(cta, warpgroup, form, operation.scalars.accumulates, [&](float* d) {
    multiply_accumulate(a, b, hopper_rule(form.a_format, form.d_format),
                        cta.cluster.grid.options.arithmetic, d, form.num_columns);
  });
}

template <typename Visit>
void visit_sources(const WgmmaOperation& operation, Visit&& visit) {
  const WgmmaForm form(*operation.instruction);
  const WgmmaScalars& scalars = operation.scalars;
  const auto visit_offset = [&](uint32_t, uint32_t, uint32_t offset) { visit(offset); };
  if (form.has_a_descriptor) {
    for_each_chunk(WgmmaDescriptor{scalars.a_descriptor}.layout(scalars.transposes_a),
                   form.a_extent(), visit_offset);
  }
  for_each_chunk(WgmmaDescriptor{scalars.b_descriptor}.layout(scalars.transposes_b),
                 form.b_extent(), visit_offset);
}

}  // namespace

WgmmaForm::WgmmaForm(const Instruction& instruction)
    : d(instruction.operands), num_d(instruction.num_destinations), a(d + num_d) {
  const ptx::Form& form = *instruction.form;
  const int num_others = static_cast<int>(form.row->operands.size()) - 2;
  const int num_a = instruction.num_operands - num_d - num_others;
  has_a_descriptor = num_a == 1;
  b = a + num_a;
  scale_d = b + 1;
  negate_a = num_others > 2 ? scale_d + 1 : nullptr;
  transposes = num_others > 4 ? negate_a + 2 : nullptr;
  const ptx::MatrixShape shape = ptx::matrix_shape(form);
  num_columns = shape.n;
  depth = shape.k;
  is_integer = form.types[0] == ptx::Type::kS32;
  element_bytes = static_cast<uint32_t>(ptx::size_bytes(form.types[1]));
  if (is_integer) return;
  d_format = form.types[0] == ptx::Type::kF16 ? AccumulatorFormat::kF16 : AccumulatorFormat::kF32;
  a_format = operand_format(form.types[1]);
  b_format = operand_format(form.types[2]);
}

MatrixExtent WgmmaForm::a_extent() const {
  return {kRows, static_cast<uint32_t>(depth), element_bytes};
}

MatrixExtent WgmmaForm::b_extent() const {
  return {static_cast<uint32_t>(num_columns), static_cast<uint32_t>(depth), element_bytes};
}

void claim_wgmma_sources(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation) {
  const AsyncAccess access = access_of(cta, warpgroup, operation);
  visit_sources(operation,
                [&](uint32_t offset) { access.claim_source({&cta, offset}, kChunkBytes); });
}

void release_wgmma_sources(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation) {
  const AsyncAccess access = access_of(cta, warpgroup, operation);
  visit_sources(operation,
                [&](uint32_t offset) { access.release_source({&cta, offset}, kChunkBytes); });
}

void run_wgmma(Cta& cta, uint32_t warpgroup, const WgmmaOperation& operation) {
  const WgmmaForm form(*operation.instruction);
  const AsyncAccess access = access_of(cta, warpgroup, operation);
  form.is_integer ? multiply_integers(cta, warpgroup, operation, form, access)
                  : multiply_floats(cta, warpgroup, operation, form, access);
}

}  // namespace emulator
