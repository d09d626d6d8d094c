// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/verifier.h"

#include "emulator/ptx/operand_match.h"
#include "emulator/ptx/special_register.h"
#include "emulator/ptx/target.h"
#include "emulator/ptx/vector_length.h"

namespace emulator::ptx {
namespace {

class InstructionVerifier {
 public:
  InstructionVerifier(const Kernel& kernel, const Instruction& instruction)
      : kernel_(kernel), instruction_(instruction), form_(*instruction.form) {}

  // What is wrong, or an empty string.
  std::string run() const {
    if (!form_.row) return form_.problem;
    const OperandMatch match(kernel_, instruction_);
    if (!match.problem().empty()) return form_.text + ": " + match.problem();
    for (const MatchedOperand& m : match) {
      if (!m.operand) continue;
      const std::string problem = check(*m.spec, *m.operand);
      if (!problem.empty()) return form_.text + ": " + problem;
    }
    const std::string problem = check_cache_policy(match);
    return problem.empty() ? problem : form_.text + ": " + problem;
  }

 private:
  // A policy of 64 bits, the last operand, goes with .L2::cache_hint.
  std::string check_cache_policy(const OperandMatch& match) const {
    const std::vector<OperandSpec>& specs = form_.row->operands;
    const bool may_have_policy =
        !specs.empty() && specs.back().is_optional && specs.back().type == Type::kB64;
    if (!may_have_policy) return {};
    const bool has_policy = (match.end() - 1)->operand != nullptr;
    const bool has_hint = form_.has("L2::cache_hint");
    if (has_hint && !has_policy) return ".L2::cache_hint needs a cache policy";
    return has_policy && !has_hint ? "a cache policy needs .L2::cache_hint" : "";
  }

  std::string check(const OperandSpec& spec, const Operand& operand) const {
    switch (spec.role) {
      case OperandRole::kLabel:
        return operand.kind == OperandKind::kLabel ? "" : "expected a label";
      case OperandRole::kAddress: return check_address(spec, operand);
      case OperandRole::kPredicateDestination:
      case OperandRole::kPredicateSource: return check_predicate(spec, operand);
      case OperandRole::kDestination:
      case OperandRole::kSource:
        return spec.may_be_address && operand.kind == OperandKind::kAddress
                   ? check_address(spec, operand)
                   : check_value(spec, operand);
    }
    return {};
  }

  std::string check_address(const OperandSpec& spec, const Operand& operand) const {
    if (operand.kind != OperandKind::kAddress) return "expected an address in brackets";
    const Operand& base = *kernel_.children_of(operand);
    if (spec.has_coordinates) {
      if (operand.num_children != 2) return "expected a tensor map and its coordinates";
      const std::string problem = check_coordinates(kernel_.children_of(operand)[1]);
      if (!problem.empty()) return problem;
    } else if (operand.num_children != 1) {
      return "expected an address with one part";
    }
    return check_base(base);
  }

  std::string check_coordinates(const Operand& coordinates) const {
    const int expected = form_.num_coordinates();
    const int given = coordinates.kind == OperandKind::kVector ? coordinates.num_children : 0;
    if (given != expected) {
      return "expected " + std::to_string(expected) + " coordinates, got " + std::to_string(given);
    }
    for (int i = 0; i < given; ++i) {
      const Operand& coordinate = kernel_.children_of(coordinates)[i];
      const bool is_number =
          coordinate.kind == OperandKind::kImmediate || coordinate.kind == OperandKind::kSpecial ||
          (coordinate.kind == OperandKind::kRegister && size_bits(register_type(coordinate)) == 32);
      if (!is_number) return "a coordinate must have 32 bits";
    }
    return {};
  }

  std::string check_base(const Operand& base) const {
    if (base.kind == OperandKind::kSymbol || base.kind == OperandKind::kImmediate) return {};
    if (base.kind != OperandKind::kRegister) return "expected a register or a symbol in brackets";
    const int bits = size_bits(register_type(base));
    return bits == 32 || bits == 64 ? "" : "an address needs a register of 32 or 64 bits";
  }

  std::string check_predicate(const OperandSpec& spec, const Operand& operand) const {
    if (operand.kind == OperandKind::kRegister) {
      return register_type(operand) == Type::kPred ? "" : "expected a predicate register";
    }
    if (is_destination(spec)) {
      return operand.kind == OperandKind::kSink ? "" : "expected a predicate register";
    }
    if (operand.kind == OperandKind::kImmediate) return {};
    const bool is_special_predicate =
        operand.kind == OperandKind::kSpecial &&
        facts(static_cast<SpecialRegister>(operand.index)).type == Type::kPred;
    return is_special_predicate ? "" : "expected a predicate";
  }

  std::string check_matrix(const OperandSpec& spec, const Operand& operand) const {
    if (operand.kind != OperandKind::kVector) return check_scalar(spec, operand, 64);
    return check_elements(spec, operand, kMatrixRegisters, 32);
  }

  std::string check_elements(const OperandSpec& spec, const Operand& operand, int expected,
                             int bits) const {
    if (expected == 0) return "there is no such shape";
    if (operand.num_children != expected) {
      return "expected " + std::to_string(expected) + " elements";
    }
    for (int i = 0; i < operand.num_children; ++i) {
      const std::string problem = check_scalar(spec, kernel_.children_of(operand)[i], bits);
      if (!problem.empty()) return problem;
    }
    return {};
  }

  int expected_elements(const OperandSpec& spec) const {
    return spec.num_elements != 0 ? spec.num_elements : vector_length(form_);
  }

  std::string check_value(const OperandSpec& spec, const Operand& operand) const {
    if (spec.is_matrix) return check_matrix(spec, operand);
    const int bits = size_bits(operand_type(form_, spec));
    if (operand.kind != OperandKind::kVector) {
      if (spec.is_vector && expected_elements(spec) > 1) return "expected a vector operand";
      return check_scalar(spec, operand, bits);
    }
    if (!spec.is_vector || operand.num_children == 0) return "unexpected vector operand";
    // mov packs and unpacks: the elements share the bits of the type; elsewhere each has the type.
    if (form_.row->opcode != "mov") {
      return check_elements(spec, operand, expected_elements(spec), bits);
    }
    if (bits % operand.num_children != 0) return "elements do not fill the type";
    return check_elements(spec, operand, operand.num_children, bits / operand.num_children);
  }

  std::string check_scalar(const OperandSpec& spec, const Operand& operand, int bits) const {
    switch (operand.kind) {
      case OperandKind::kSink: return is_destination(spec) ? "" : "'_' is no source";
      case OperandKind::kImmediate:
        return is_destination(spec) ? "an immediate is no destination" : "";
      case OperandKind::kSymbol: return is_destination(spec) ? "a symbol is no destination" : "";
      case OperandKind::kSpecial:
        return is_destination(spec) ? "a special register is no destination" : "";
      case OperandKind::kRegister: return check_register(operand, bits, is_destination(spec));
      default: return "unexpected operand";
    }
  }

  // Loads, stores and conversions take registers wider than their type (ISA 9.4.1).
  std::string check_register(const Operand& operand, int bits, bool is_destination) const {
    const Type type = register_type(operand);
    if (type == Type::kPred) return "unexpected predicate register";
    const std::string_view opcode = form_.row->opcode;
    const int register_bits = size_bits(type);
    const bool is_memory = opcode == "ld" || opcode == "st" || opcode == "ldu";
    const bool is_wide_source = !is_destination && form_.row->handler == "convert_integer";
    const bool takes_wider =
        is_memory || is_wide_source || (opcode == "cvt" && register_bits <= 32);
    if (register_bits == bits || (takes_wider && register_bits > bits && bits <= 32)) return {};
    return "register of " + std::to_string(register_bits) + " bits where " + std::to_string(bits) +
           " are needed";
  }

  Type register_type(const Operand& operand) const { return kernel_.registers[operand.index].type; }

  const Kernel& kernel_;
  const Instruction& instruction_;
  const Form& form_;
};

}  // namespace

void verify(const Module& module, std::vector<Diagnostic>& diagnostics) {
  for (const Kernel& kernel : module.kernels) {
    for (const Instruction& instruction : kernel.instructions) {
      std::string problem = InstructionVerifier(kernel, instruction).run();
      if (problem.empty()) problem = check_target(*instruction.form, module.target);
      if (!problem.empty()) diagnostics.push_back({instruction.line, {}, std::move(problem)});
    }
  }
}

}  // namespace emulator::ptx
