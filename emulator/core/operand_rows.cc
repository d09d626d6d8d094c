// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/operand_rows.h"

#include <algorithm>

namespace emulator {
namespace {

using ptx::Operand;
using ptx::OperandKind;
using ptx::OperandRole;

// Predicate 0 is always true; a second one takes what is written to "_".
constexpr uint32_t kNumFixedPredicates = 2;
constexpr uint32_t kSinkPredicate = 1;
constexpr uint32_t kSinkSlots = 2;

uint64_t immediate_bits(const Operand& operand, ptx::Type type) {
  const auto bits = static_cast<uint64_t>(operand.value);
  const bool narrows =
      operand.immediate == ptx::ImmediateKind::kF64Bits && ptx::size_bits(type) == 32;
  if (narrows) return std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
  const int size = ptx::size_bits(type);
  return size >= 64 ? bits : bits & ((uint64_t{1} << size) - 1);
}

}  // namespace

OperandRows::OperandRows(const ptx::Module& module, const ptx::Kernel& kernel,
                         const AddressOf& address_of, Program& program)
    : kernel_(kernel),
      address_of_(address_of),
      program_(program),
      layout_(module, kernel, program),
      allocation_(ptx::allocate_registers(kernel)),
      sink_offset_(allocation_.num_slots * kSlotBytes) {
  program.num_slots = allocation_.num_slots + kSinkSlots;
  program.has_asynchronous_registers =
      std::ranges::find(allocation_.is_asynchronous, true) != allocation_.is_asynchronous.end();
  program.num_predicates = allocation_.num_predicates + kNumFixedPredicates;
}

void OperandRows::append(const ptx::Form& form, const ptx::MatchedOperand& matched) {
  if (!matched.operand) {
    program_.rows.emplace_back();
    return;
  }
  switch (matched.spec->role) {
    case OperandRole::kPredicateDestination:
    case OperandRole::kPredicateSource:
      program_.rows.push_back(predicate_row(*matched.operand));
      break;
    case OperandRole::kAddress: append_address(*matched.operand); break;
    default:
      if (matched.spec->is_accumulator || matched.spec->is_matrix) {
        append_matrix(*matched.operand);
      } else {
        append_values(ptx::operand_type(form, *matched.spec), *matched.operand);
      }
  }
}

// The operation itself may use its registers while another one does; it looks after that.
void OperandRows::append_matrix(const Operand& operand) {
  const size_t first = program_.rows.size();
  const bool is_descriptor = operand.kind != OperandKind::kVector;
  append_values(is_descriptor ? ptx::Type::kB64 : ptx::Type::kB32, operand);
  for (size_t i = first; i < program_.rows.size(); ++i) program_.rows[i].is_asynchronous = false;
}

// The base first, then a row for each coordinate: [map, {c0, c1}] has three.
void OperandRows::append_address(const Operand& operand) {
  const Operand* parts = kernel_.children_of(operand);
  Row base = value_row(parts[0], ptx::Type::kU64);
  base.displacement += operand.value;
  base.is_address = true;
  program_.rows.push_back(base);
  for (int i = 1; i < operand.num_children; ++i) append_values(ptx::Type::kS32, parts[i]);
}

void OperandRows::append_values(ptx::Type type, const Operand& operand) {
  if (operand.kind == OperandKind::kAddress) return append_address(operand);
  if (operand.kind == OperandKind::kVector) {
    for (int i = 0; i < operand.num_children; ++i) {
      append_values(type, kernel_.children_of(operand)[i]);
    }
    return;
  }
  Row row = value_row(operand, type);
  program_.rows.push_back(row);
  const bool has_128_bits = operand.kind == OperandKind::kRegister &&
                            kernel_.registers[operand.index].type == ptx::Type::kB128;
  if (has_128_bits) {
    row.offset += 2 * kSlotBytes;
    program_.rows.push_back(row);
  }
}

Row OperandRows::value_row(const Operand& operand, ptx::Type type) {
  const bool is_wide = ptx::size_bits(type) >= 64;
  switch (operand.kind) {
    case OperandKind::kRegister: return register_row(operand.index);
    case OperandKind::kImmediate: return constant_row(immediate_bits(operand, type), is_wide);
    case OperandKind::kSpecial:
      return special_row(static_cast<ptx::SpecialRegister>(operand.index));
    case OperandKind::kSymbol: return symbol_row(operand, is_wide);
    default: break;
  }
  Row sink;
  sink.bank = Bank::kRegisters;
  sink.offset = sink_offset_;
  sink.is_wide = is_wide;
  return sink;
}

Row OperandRows::register_row(uint32_t index) const {
  Row row;
  row.bank = Bank::kRegisters;
  row.offset = allocation_.place[index] * kSlotBytes;
  row.is_wide = ptx::size_bits(kernel_.registers[index].type) >= 64;
  row.is_asynchronous = allocation_.is_asynchronous[index];
  row.is_tracked = is_tracked(index);
  return row;
}

uint32_t OperandRows::predicate_number(uint32_t register_index) const {
  return allocation_.place[register_index] + kNumFixedPredicates;
}

Row OperandRows::predicate_row(const Operand& operand) {
  Row row;
  row.bank = Bank::kPredicates;
  row.is_negated = operand.is_negated;
  if (operand.kind == OperandKind::kRegister) {
    row.offset = predicate_number(operand.index);
    row.is_tracked = is_tracked(operand.index);
  } else if (operand.kind == OperandKind::kImmediate) {
    row.is_negated ^= operand.value == 0;
  } else if (operand.kind == OperandKind::kSpecial) {
    row.offset = special_row(static_cast<ptx::SpecialRegister>(operand.index)).offset;
  } else {
    row.offset = kSinkPredicate;
  }
  return row;
}

Row OperandRows::constant_row(uint64_t value, bool is_wide) {
  auto [it, is_new] = constant_rows_.try_emplace({value, is_wide});
  if (is_new) {
    std::vector<uint64_t>& constants = program_.constants;
    it->second.bank = Bank::kConstants;
    it->second.is_wide = is_wide;
    it->second.offset = static_cast<uint32_t>(constants.size() * 8);
    if (is_wide) {
      constants.insert(constants.end(), kWarpSize, value);
    } else {
      constants.insert(constants.end(), kWarpSize / 2, value << 32 | (value & 0xffffffff));
    }
  }
  return it->second;
}

Row OperandRows::symbol_row(const Operand& operand, bool is_wide) {
  const ptx::Variable& variable = program_.module->variables[operand.index];
  const auto addend = static_cast<uint64_t>(operand.value);
  switch (variable.space) {
    case ptx::StateSpace::kShared:
      return initial_row(InitialRow::Kind::kSharedAddress, {},
                         layout_.offset_of(operand.index) + static_cast<uint32_t>(addend), is_wide);
    case ptx::StateSpace::kLocal:
    case ptx::StateSpace::kParam:
      return constant_row(layout_.offset_of(operand.index) + addend, is_wide);
    default: return constant_row(address_of_(operand.index) + addend, true);
  }
}

Row OperandRows::special_row(ptx::SpecialRegister special) {
  const ptx::Type type = ptx::facts(special).type;
  return initial_row(InitialRow::Kind::kSpecialRegister, special, 0, ptx::size_bits(type) == 64);
}

// Values that are known when the warp starts get a row of their own.
Row OperandRows::initial_row(InitialRow::Kind kind, ptx::SpecialRegister special,
                             uint32_t shared_offset, bool is_wide) {
  for (const InitialRow& initial : program_.initial_rows) {
    if (initial.kind == kind && initial.special == special &&
        initial.shared_offset == shared_offset && initial.row.is_wide == is_wide) {
      return initial.row;
    }
  }
  Row row;
  row.is_wide = is_wide;
  const bool is_predicate =
      kind == InitialRow::Kind::kSpecialRegister && ptx::facts(special).type == ptx::Type::kPred;
  row.bank = is_predicate ? Bank::kPredicates : Bank::kRegisters;
  if (is_predicate) {
    row.offset = program_.num_predicates++;
  } else {
    row.offset = program_.num_slots * kSlotBytes;
    program_.num_slots += is_wide ? 2 : 1;
  }
  program_.initial_rows.push_back({kind, special, shared_offset, row});
  return row;
}

}  // namespace emulator
