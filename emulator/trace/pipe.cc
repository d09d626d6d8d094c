// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/trace/pipe.h"

#include <string_view>

#include "emulator/ptx/instruction_table.h"

namespace emulator::trace {
namespace {

struct Rule {
  std::string_view opcode_prefix;
  Pipe pipe;
};

// The first prefix that fits decides.
constexpr Rule kRules[] = {
    {"tcgen05.ld", Pipe::kLsu},
    {"tcgen05.st", Pipe::kLsu},
    {"tcgen05.mma", Pipe::kTensor},
    {"tcgen05.cp", Pipe::kTensor},
    {"tcgen05", Pipe::kSync},
    {"wgmma.mma_async", Pipe::kTensor},
    {"wgmma", Pipe::kSync},
    {"mma", Pipe::kTensor},
    {"cp.async.bulk.commit_group", Pipe::kSync},
    {"cp.async.bulk.wait_group", Pipe::kSync},
    {"cp.async.bulk", Pipe::kTma},
    {"cp.reduce.async.bulk", Pipe::kTma},
    {"cp.async.commit_group", Pipe::kSync},
    {"cp.async.wait", Pipe::kSync},
    {"cp.async.mbarrier", Pipe::kSync},
    {"cp.async", Pipe::kLsu},
    {"ldmatrix", Pipe::kLsu},
    {"stmatrix", Pipe::kLsu},
    {"ld", Pipe::kLsu},
    {"st", Pipe::kLsu},
    {"atom", Pipe::kLsu},
    {"red", Pipe::kLsu},
    {"prefetch", Pipe::kLsu},
    {"shfl", Pipe::kLsu},
    {"match", Pipe::kLsu},
    {"mbarrier", Pipe::kSync},
    {"bar", Pipe::kSync},
    {"membar", Pipe::kSync},
    {"fence", Pipe::kSync},
    {"griddepcontrol", Pipe::kSync},
    {"setmaxnreg", Pipe::kSync},
    {"elect", Pipe::kSync},
    {"nanosleep", Pipe::kSync},
    {"mov", Pipe::kMove},
    {"cvta", Pipe::kMove},
    {"mapa", Pipe::kMove},
    {"getctarank", Pipe::kMove},
    {"cvt", Pipe::kConvert},
    {"ex2", Pipe::kMufu},
    {"lg2", Pipe::kMufu},
    {"rcp", Pipe::kMufu},
    {"rsqrt", Pipe::kMufu},
    {"sqrt", Pipe::kMufu},
    {"sin", Pipe::kMufu},
    {"cos", Pipe::kMufu},
    {"tanh", Pipe::kMufu},
    {"div", Pipe::kMufu},
    {"rem", Pipe::kMufu},
    {"fma", Pipe::kFma},
    {"mad", Pipe::kFma},
    {"mul", Pipe::kFma},
    {"bra", Pipe::kControl},
    {"call", Pipe::kControl},
    {"ret", Pipe::kControl},
    {"exit", Pipe::kControl},
    {"trap", Pipe::kControl},
};

bool is_sum(std::string_view opcode) {
  return opcode == "add" || opcode == "sub";
}

bool is_floating(ptx::Type type) {
  switch (type) {
    case ptx::Type::kF16:
    case ptx::Type::kBf16:
    case ptx::Type::kF16x2:
    case ptx::Type::kBf16x2:
    case ptx::Type::kF32:
    case ptx::Type::kF32x2:
    case ptx::Type::kF64: return true;
    default: return false;
  }
}

Pipe base_pipe(std::string_view opcode) {
  for (const Rule& rule : kRules) {
    if (opcode.starts_with(rule.opcode_prefix)) return rule.pipe;
  }
  return Pipe::kAlu;
}

}  // namespace

const char* pipe_name(Pipe pipe) {
  static constexpr std::array<const char*, kNumPipes> kNames = {
      "move", "alu", "fma",    "fp64", "mufu",    "convert",
      "lsu",  "tma", "tensor", "sync", "control", "other"};
  return kNames[static_cast<size_t>(pipe)];
}

Pipe pipe_of(const Instruction& instruction) {
  if (!instruction.form->row) return Pipe::kOther;
  const std::string_view opcode = instruction.form->row->opcode;
  const bool is_float = is_floating(instruction.form->type());
  const Pipe pipe = is_float && is_sum(opcode) ? Pipe::kFma : base_pipe(opcode);
  const bool is_arithmetic = pipe == Pipe::kFma || pipe == Pipe::kAlu;
  return is_arithmetic && instruction.form->type() == ptx::Type::kF64 ? Pipe::kFp64 : pipe;
}

std::vector<Pipe> find_pipes(const Program& program) {
  std::vector<Pipe> pipes;
  pipes.reserve(program.code.size());
  for (const Instruction& instruction : program.code) pipes.push_back(pipe_of(instruction));
  return pipes;
}

}  // namespace emulator::trace
