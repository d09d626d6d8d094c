// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "emulator/core/program.h"

namespace emulator::trace {

// The part of an SM that as a rule executes an instruction. Counted from PTX: the compiler behind
// it removes most moves, and turns a division into a sequence.
enum class Pipe : uint8_t {
  kMove,  // mov, cvta, mapa: mostly gone in machine code
  kAlu,   // integer sums, logic, comparisons, selections, predicates, votes
  kFma,   // floating-point and integer products, f32, f16 and bf16 sums
  kFp64,
  kMufu,  // exponentials, logarithms, reciprocals, roots, divisions
  kConvert,
  kLsu,      // loads, stores, atomics, shuffles, cp.async, tensor memory loads and stores
  kTma,      // bulk and tensor copies
  kTensor,   // matrix products
  kSync,     // barriers, fences, waits
  kControl,  // branches and ends
  kOther,
};
inline constexpr size_t kNumPipes = static_cast<size_t>(Pipe::kOther) + 1;

const char* pipe_name(Pipe pipe);
Pipe pipe_of(const Instruction& instruction);

// The pipe of every instruction of a program, by its index.
std::vector<Pipe> find_pipes(const Program& program);

}  // namespace emulator::trace
