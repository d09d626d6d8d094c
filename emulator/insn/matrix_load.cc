// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/whole_warp.h"

namespace emulator {
namespace {

constexpr uint32_t kRowBytes = 16;
constexpr int kRowsPerRegister = 8;

// The rows that the first lanes of the warp name, 16 bytes each.
struct MatrixRows {
  uint8_t* row[kWarpSize];
};

MatrixRows resolve_rows(Warp& warp, const Instruction& instruction, const Row& address,
                        int num_rows, Access access) {
  MatrixRows rows{};
  for (int lane = 0; lane < num_rows; ++lane) {
    rows.row[lane] = resolve_lane(warp, instruction, read_address(warp, address, lane), lane,
                                  ptx::StateSpace::kShared, kRowBytes, access);
  }
  return rows;
}

// Matrices of 8 rows with 8 elements of 16 bits: register j of a thread holds two neighbours of
// row thread / 4 of matrix j; transposed, two rows of one column.
struct Matrix8x8 {
  static constexpr int kPieceBytes = 4;
  static constexpr int kNumPieces = 1;

  static uint8_t* piece(const MatrixRows& rows, int thread, int j, int) {
    return rows.row[8 * j + thread / 4] + 4 * (thread % 4);
  }
};
struct Matrix8x8Transposed {
  static constexpr int kPieceBytes = 2;
  static constexpr int kNumPieces = 2;

  static uint8_t* piece(const MatrixRows& rows, int thread, int j, int half) {
    return rows.row[8 * j + 2 * (thread % 4) + half] + 2 * (thread / 4);
  }
};
// Matrices of 16 rows with 16 bytes, transposed when they are loaded; two registers each.
struct Matrix16x16Transposed {
  static constexpr int kPieceBytes = 1;
  static constexpr int kNumPieces = 4;

  static uint8_t* piece(const MatrixRows& rows, int thread, int j, int byte) {
    return rows.row[16 * (j / 2) + 4 * (thread % 4) + byte] + thread / 4 + 8 * (j % 2);
  }
};
// Matrices of 16 rows with 8 bytes, transposed when they are stored: 8 rows of 16 bytes.
struct Matrix16x8Transposed {
  static constexpr int kPieceBytes = 1;
  static constexpr int kNumPieces = 4;

  static uint8_t* piece(const MatrixRows& rows, int thread, int j, int byte) {
    return rows.row[8 * j + 2 * (thread % 4) + byte % 2] + thread / 4 + 8 * (byte / 2);
  }
};

// Calls visit(lane, register, shift, piece) for each piece that a register is made of.
template <typename Matrix, typename Visit>
void for_each_piece(const MatrixRows& rows, int num_registers, Visit&& visit) {
  for (int j = 0; j < num_registers; ++j) {
    for (int lane = 0; lane < kWarpSize; ++lane) {
      for (int i = 0; i < Matrix::kNumPieces; ++i) {
        visit(lane, j, 8 * Matrix::kPieceBytes * i, Matrix::piece(rows, lane, j, i));
      }
    }
  }
}

template <typename Matrix>
Outcome load_matrices(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const int num_registers = instruction.num_destinations;
  const MatrixRows rows = resolve_rows(warp, instruction, instruction.operands[num_registers],
                                       kRowsPerRegister * num_registers, Access::kRead);
  uint32_t words[4][kWarpSize] = {};
  for_each_piece<Matrix>(rows, num_registers, [&](int lane, int j, int shift, const uint8_t* at) {
    uint32_t piece = 0;
    std::memcpy(&piece, at, Matrix::kPieceBytes);
    words[j][lane] |= piece << shift;
  });
  // The address may lie in one of the destinations, so that they are written last.
  for (int j = 0; j < num_registers; ++j) {
    std::memcpy(warp.words<uint32_t>(instruction.operands[j]), words[j], sizeof words[j]);
  }
  return Outcome::kNext;
}

template <typename Matrix>
Outcome store_matrices(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Outcome gathered = gather_whole_warp(warp, instruction, lanes);
  if (gathered != Outcome::kNext) return gathered;
  const int num_registers = instruction.num_operands - 1;
  const MatrixRows rows = resolve_rows(warp, instruction, instruction.operands[0],
                                       kRowsPerRegister * num_registers, Access::kWrite);
  for_each_piece<Matrix>(rows, num_registers, [&](int lane, int j, int shift, uint8_t* at) {
    const uint32_t piece = warp.words<uint32_t>(instruction.operands[1 + j])[lane] >> shift;
    std::memcpy(at, &piece, Matrix::kPieceBytes);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute matrix_load(const Instruction& instruction) {
  if (instruction.form->has("b8")) return load_matrices<Matrix16x16Transposed>;
  return instruction.form->has("trans") ? load_matrices<Matrix8x8Transposed>
                                        : load_matrices<Matrix8x8>;
}
Execute matrix_store(const Instruction& instruction) {
  if (instruction.form->has("b8")) return store_matrices<Matrix16x8Transposed>;
  return instruction.form->has("trans") ? store_matrices<Matrix8x8Transposed>
                                        : store_matrices<Matrix8x8>;
}

}  // namespace handlers
}  // namespace emulator
