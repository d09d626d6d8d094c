// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/ptx/form.h"
#include "emulator/ptx/type.h"

namespace emulator::ptx {

enum class StateSpace : uint8_t { kGeneric, kGlobal, kConst, kShared, kLocal, kParam };

// A virtual register as the text declares it.
struct Register {
  Type type = Type::kB32;
};

// An address constant inside an initialiser: the address of `symbol` goes to byte `offset`.
struct Relocation {
  uint64_t offset = 0;
  std::string symbol;
  int64_t addend = 0;
};

// A named piece of memory: a module variable, a kernel parameter, or a kernel's shared or local
// array.
struct Variable {
  std::string name;
  StateSpace space = StateSpace::kGlobal;
  Type type = Type::kB8;
  uint32_t alignment = 1;  // bytes
  uint64_t size_bytes = 0;
  bool is_extern = false;              // an .extern .shared array: its size comes with the launch
  std::vector<uint8_t> initial_bytes;  // empty: zeros
  std::vector<Relocation> relocations;
};

enum class OperandKind : uint8_t {
  kRegister,   // index: into Kernel::registers
  kSink,       // "_": the value is dropped
  kImmediate,  // value: see ImmediateKind
  kSpecial,    // index: a SpecialRegister
  kSymbol,     // index: into Module::variables; value: byte offset added to its address
  kVector,     // children: the elements
  kPair,       // children: "d|p"
  kAddress,    // children: the base, then what follows after commas; value: displacement in bytes
  kLabel,      // index: the instruction that the label stands before
};

enum class ImmediateKind : uint8_t { kInteger, kF32Bits, kF64Bits };

struct Operand {
  OperandKind kind = OperandKind::kSink;
  ImmediateKind immediate = ImmediateKind::kInteger;
  bool is_negated = false;    // "!%p1"
  uint16_t num_children = 0;  // kVector, kPair, kAddress
  uint32_t index = 0;         // see OperandKind; for operands with children the first of them
  int64_t value = 0;
};

inline constexpr uint32_t kNoRegister = 0xffffffff;

struct Instruction {
  const Form* form = nullptr;
  uint32_t guard = kNoRegister;  // the predicate register of "@p" or "@!p"
  bool is_guard_negated = false;
  uint8_t num_operands = 0;
  uint32_t first_operand = 0;  // in Kernel::operands
  int line = 0;
  uint32_t location = 0;  // index into Module::locations
};

// A place in the program's source, from a .loc directive. Location 0 means "not known".
struct SourceLocation {
  uint32_t file = 0;
  uint32_t line = 0;
};

struct Dim3 {
  uint32_t x = 0, y = 0, z = 0;
};

struct Kernel {
  std::string name;
  int line = 0;
  std::vector<uint32_t> parameters;  // indices into Module::variables, in order
  std::vector<Register> registers;
  std::vector<Instruction> instructions;
  std::vector<Operand> operands;  // those of all instructions; children lie here too
  Dim3 required_threads;          // .reqntid, zeros when absent
  Dim3 max_threads;               // .maxntid
  uint32_t max_registers = 0;     // .maxnreg
  Dim3 required_cluster;          // .reqnctapercluster

  const Operand* operands_of(const Instruction& i) const {
    return operands.data() + i.first_operand;
  }
  const Operand* children_of(const Operand& o) const { return operands.data() + o.index; }
};

// A parsed module. Names and lines refer to `text`, which the module owns.
struct Module {
  std::string text;
  int version_major = 0;
  int version_minor = 0;
  std::string target;  // "sm_90a"
  std::vector<Variable> variables;
  std::deque<Kernel> kernels;
  std::unordered_map<std::string_view, std::unique_ptr<Form>> forms;  // by their text
  std::unordered_map<uint32_t, std::string> files;                    // by .file number
  std::vector<SourceLocation> locations{SourceLocation{}};

  const Kernel* find_kernel(std::string_view name) const;
  const Variable* find_variable(std::string_view name) const;
  std::string line_text(int line) const;              // one line of the text, trimmed
  std::string source_place(uint32_t location) const;  // "file.cu:12", or empty
};

}  // namespace emulator::ptx
