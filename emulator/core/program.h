// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emulator/core/lanes.h"
#include "emulator/ptx/missing_use.h"
#include "emulator/ptx/module.h"
#include "emulator/ptx/special_register.h"

namespace emulator {

class Warp;
struct Instruction;

// What an instruction did to the lanes that ran it.
enum class Outcome : uint8_t {
  kNext,    // they go on with the next instruction
  kBranch,  // they go on at Instruction::target
  kExit,    // they end
  kStall,   // they wait at this instruction; it is run again later
  kRetry,   // they may have joined others that wait here: groups are made again, then it runs
  kYield,   // as kNext, and other warps get a turn first
};

// Runs one instruction for the given lanes of a warp; the mask is never empty.
using Execute = Outcome (*)(Warp& warp, const Instruction& instruction, LaneMask lanes);

enum class Bank : uint8_t {
  kRegisters,   // the warp's own rows
  kConstants,   // rows of 32 equal values that all warps of the kernel share
  kPredicates,  // offset is a predicate number
  kAbsent,      // an optional operand that was left out
};

// Where an operand's 32 values lie: one word of 32 or 64 bits per lane, beside each other.
struct Row {
  uint32_t offset = 0;  // bytes from the start of the bank
  Bank bank = Bank::kAbsent;
  bool is_wide = false;          // 64-bit words
  bool is_negated = false;       // predicates: "!%p1"
  bool is_tracked = false;       // may hold what was never written: its lanes are followed
  bool is_address = false;       // written in brackets
  bool is_asynchronous = false;  // operations use the register after their issue
  int64_t displacement = 0;      // addresses: bytes added to the row's values

  bool is_absent() const { return bank == Bank::kAbsent; }
};

// Bytes of one slot of the register file: a 32-bit word for each lane.
inline constexpr uint32_t kSlotBytes = kWarpSize * 4;

// A decoded instruction. Its operands are rows in the order of the instruction table, vectors
// spread out; registers of 128 bits are two rows of 64.
struct Instruction {
  Execute execute = nullptr;
  const Row* operands = nullptr;
  const ptx::Form* form = nullptr;
  uint32_t guard = 0;            // predicate number; 0 is always true
  LaneMask guard_flip = 0;       // all ones for "@!p"
  uint32_t target = 0;           // of a branch
  uint8_t num_operands = 0;      // rows
  uint8_t num_destinations = 0;  // how many of them, from the first on, are written
  bool is_tracked = false;       // some row is tracked or asynchronous, or the guard is tracked
  bool is_guard_tracked = false;
  ptx::MissingUse missing_use = ptx::MissingUse::kReport;
  int line = 0;           // of the PTX text
  uint32_t location = 0;  // in Module::locations
};

// A row that is filled when a warp starts and never changes.
struct InitialRow {
  enum class Kind : uint8_t { kSpecialRegister, kSharedAddress } kind = Kind::kSpecialRegister;
  ptx::SpecialRegister special = ptx::SpecialRegister::kTidX;
  uint32_t shared_offset = 0;  // kSharedAddress: from the start of the CTA's shared memory
  Row row;
};

struct Parameter {
  uint32_t offset = 0;  // bytes, in the parameter space
  uint32_t size = 0;
};

// A variable in shared memory. The size of an .extern array comes with the launch; here it is 0.
struct SharedVariable {
  std::string name;
  uint32_t offset = 0;
  uint32_t size = 0;
};

// A kernel ready to run.
struct Program {
  const ptx::Module* module = nullptr;
  const ptx::Kernel* kernel = nullptr;
  std::vector<Instruction> code;  // the last one exits
  std::vector<Row> rows;
  std::vector<uint64_t> constants;
  std::vector<InitialRow> initial_rows;
  std::vector<Parameter> parameters;
  std::vector<SharedVariable> shared_variables;
  uint32_t parameter_bytes = 0;
  uint32_t num_slots = 0;
  uint32_t num_predicates = 0;     // with number 0, which is always true
  uint32_t static_shared_end = 0;  // where static shared memory ends, reserved bytes included
  uint32_t dynamic_shared_begin = 0;
  uint32_t local_bytes = 0;  // per thread
  bool has_asynchronous_registers = false;

  uint32_t static_shared_bytes() const;
  // What lies at an offset of shared memory, for reports: "partial + 8".
  std::string shared_name(uint32_t offset) const;
};

}  // namespace emulator
