// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <bit>

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/whole_warp.h"
#include "emulator/numerics/integer_product.h"
#include "emulator/numerics/matrix_product.h"
#include "emulator/ptx/matrix_shape.h"
#include "emulator/units/matrix_fragment.h"

// mma.sync: a product of 16 rows and 8 columns whose matrices lie in the registers of one warp.
namespace emulator {
namespace {

constexpr int kRows = 16;
constexpr int kColumns = 8;

// The operands of an mma among an instruction's rows: d, a, b and c, and A has twice the registers
// of B.
struct MmaForm {
  explicit MmaForm(const Instruction& instruction)
      : num_d(instruction.num_destinations),
        num_b((instruction.num_operands - 2 * num_d) / 3),
        d(instruction.operands),
        a(d + num_d),
        b(a + 2 * num_b),
        c(b + num_b),
        depth(ptx::matrix_shape(*instruction.form).k),
        a_type(instruction.form->types[1]),
        b_type(instruction.form->types[2]) {}

  int num_d;
  int num_b;
  const Row* d;
  const Row* a;
  const Row* b;
  const Row* c;
  int depth;
  ptx::Type a_type;
  ptx::Type b_type;

  int elements_per_register() const { return 4 / ptx::size_bytes(a_type); }
};

OperandFormat operand_format(ptx::Type type) {
  switch (type) {
    case ptx::Type::kF16: return OperandFormat::kF16;
    case ptx::Type::kBf16: return OperandFormat::kBf16;
    case ptx::Type::kTf32: return OperandFormat::kTf32;
    case ptx::Type::kE4m3: return OperandFormat::kE4m3;
    default: return OperandFormat::kE5m2;
  }
}

// Calls set(mn, k, bits) for each element that `count` registers hold; place(lane, register,
// element) says which one that is.
template <typename Place, typename Set>
void read_fragment(const Warp& warp, const Row* rows, int count, int per_register,
                   const Place& place, const Set& set) {
  for (int index = 0; index < count; ++index) {
    for (int lane = 0; lane < kWarpSize; ++lane) {
      const auto word = static_cast<uint32_t>(read_lane(warp, rows[index], lane));
      for (int i = 0; i < per_register; ++i) {
        const FragmentPlace at = place(lane, index, i);
        set(at.row, at.column, word >> (32 / per_register * i));
      }
    }
  }
}

template <typename Tile>
void read_a(const Warp& warp, const MmaForm& form, Tile& tile) {
  const int per_register = form.elements_per_register();
  read_fragment(
      warp, form.a, 2 * form.num_b, per_register,
      [&](int lane, int index, int i) { return operand_place(lane, index, i, per_register); },
      [&](int row, int k, uint32_t bits) { tile.set(row, k, bits); });
}

template <typename Tile>
void read_b(const Warp& warp, const MmaForm& form, Tile& tile) {
  const int per_register = form.elements_per_register();
  read_fragment(
      warp, form.b, form.num_b, per_register,
      [&](int lane, int index, int i) { return column_place(lane, index, i, per_register); },
      [&](int column, int k, uint32_t bits) { tile.set(column, k, bits); });
}

// Calls visit(lane, register, half, place) for the accumulators of the warp, two to a register in
// f16, where d has two registers.
template <typename Visit>
void for_each_accumulator(const MmaForm& form, const Visit& visit) {
  const int per_register = 4 / form.num_d;
  for (int index = 0; index < 4; ++index) {
    for (int lane = 0; lane < kWarpSize; ++lane) {
      const FragmentPlace place = accumulator_place(lane, index);
      visit(lane, index / per_register, index % per_register, place.row * kColumns + place.column);
    }
  }
}

void multiply_integers(const Warp& warp, const MmaForm& form, bool saturates) {
  IntegerTile a(form.a_type == ptx::Type::kS8, kRows, form.depth);
  IntegerTile b(form.b_type == ptx::Type::kS8, kColumns, form.depth);
  read_a(warp, form, a);
  read_b(warp, form, b);
  uint32_t d[kRows * kColumns];
  for_each_accumulator(form, [&](int lane, int index, int, int place) {
    d[place] = static_cast<uint32_t>(read_lane(warp, form.c[index], lane));
  });
  multiply_accumulate(a, b, saturates, d, kColumns);
  for_each_accumulator(form, [&](int lane, int index, int, int place) {
    write_lane(warp, form.d[index], lane, d[place]);
  });
}

bool is_fp8(ptx::Type type) {
  return type == ptx::Type::kE4m3 || type == ptx::Type::kE5m2;
}

// Every other pair of the FP8 elements in k, as f16, which holds them all.
class HalfTile {
 public:
  HalfTile(ptx::Type type, int extent, int depth, int half)
      : format_(operand_format(type)), tile_(OperandFormat::kF16, extent, depth / 2), half_(half) {}

  void set(int index, int k, uint32_t bits) {
    if (k / 2 % 2 != half_) return;
    const double value = decode_operand(format_, bits);
    const uint64_t f16 = round_to_format(value, kF16Format, Rounding::kNearestEven, false);
    tile_.set(index, k / 4 * 2 + k % 2, static_cast<uint32_t>(f16));
  }
  const OperandTile& tile() const { return tile_; }

 private:
  OperandFormat format_;
  OperandTile tile_;
  int half_;
};

// There is no such machine instruction: ptxas makes two products in f16 of it, which begin at zero,
// and adds the accumulators at last.
void multiply_fp8(const Warp& warp, const MmaForm& form, float* d) {
  const Arithmetic arithmetic = warp.cta().cluster.grid.options.arithmetic;
  float sums[kRows * kColumns] = {};
  for (int half = 0; half < 2; ++half) {
    HalfTile a(form.a_type, kRows, form.depth, half);
    HalfTile b(form.b_type, kColumns, form.depth, half);
    read_a(warp, form, a);
    read_b(warp, form, b);
    multiply_accumulate(a.tile(), b.tile(), warp_rule(AccumulatorFormat::kF32), arithmetic, sums,
                        kColumns);
  }
  for (int i = 0; i < kRows * kColumns; ++i) d[i] += sums[i];
}

void multiply_wide(const Warp& warp, const MmaForm& form, AccumulatorFormat format, float* d) {
  OperandTile a(operand_format(form.a_type), kRows, form.depth);
  OperandTile b(operand_format(form.b_type), kColumns, form.depth);
  read_a(warp, form, a);
  read_b(warp, form, b);
  multiply_accumulate(a, b, warp_rule(format), warp.cta().cluster.grid.options.arithmetic, d,
                      kColumns);
}

void multiply_floats(const Warp& warp, const MmaForm& form) {
  const bool is_half = form.num_d == 2;
  const AccumulatorFormat format = is_half ? AccumulatorFormat::kF16 : AccumulatorFormat::kF32;
  float d[kRows * kColumns];
  for_each_accumulator(form, [&](int lane, int index, int half, int place) {
    const auto word = static_cast<uint32_t>(read_lane(warp, form.c[index], lane));
    d[place] = is_half ? decode_operand(OperandFormat::kF16, word >> (16 * half))
                       : std::bit_cast<float>(word);
  });
  if (is_fp8(form.a_type)) {
    multiply_fp8(warp, form, d);
  } else {
    multiply_wide(warp, form, format, d);
  }
  for_each_accumulator(form, [&](int lane, int index, int half, int place) {
    uint32_t& word = warp.words<uint32_t>(form.d[index])[lane];
    const auto bits =
        static_cast<uint32_t>(round_to_format(d[place], kF16Format, Rounding::kNearestEven, false));
    word = !is_half    ? std::bit_cast<uint32_t>(d[place])
           : half == 0 ? bits
                       : (word & 0xffff) | bits << 16;
  });
}

Outcome run(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const MmaForm form(instruction);
  if (instruction.form->type() == ptx::Type::kS32) {
    multiply_integers(warp, form, instruction.form->has("satfinite"));
  } else {
    multiply_floats(warp, form);
  }
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute warp_mma(const Instruction&) {
  return run;
}

}  // namespace handlers
}  // namespace emulator
