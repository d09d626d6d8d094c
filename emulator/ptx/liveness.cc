// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/liveness.h"

#include <algorithm>

#include "emulator/ptx/control_flow.h"
#include "emulator/ptx/missing_use.h"
#include "emulator/ptx/operand_match.h"

namespace emulator::ptx {
namespace {

// Calls visit(register, is_write) for every register that an operand names.
template <typename Visit>
void visit_operand(const Kernel& kernel, const Operand& operand, bool is_write, Visit&& visit) {
  if (operand.kind == OperandKind::kRegister) return visit(operand.index, is_write);
  const bool is_child_write = is_write && operand.kind != OperandKind::kAddress;
  for (int i = 0; i < operand.num_children; ++i) {
    visit_operand(kernel, kernel.children_of(operand)[i], is_child_write, visit);
  }
}

bool waits_for_registers(const Form& form) {
  return form.row->opcode == "wgmma.wait_group";
}

// A kernel and the registers that asynchronous operations use: these live until each place where
// the program waits for such operations, so that nothing else gets their place before.
struct LivenessInput {
  const Kernel& kernel;
  std::vector<uint32_t> kept_until_waits;
};

template <typename Visit>
void visit_registers(const LivenessInput& input, const Instruction& instruction, Visit&& visit) {
  const Kernel& kernel = input.kernel;
  if (instruction.guard != kNoRegister) visit(instruction.guard, false);
  for (const MatchedOperand& m : OperandMatch(kernel, instruction)) {
    if (!m.operand) continue;
    if (m.spec->is_accumulator) visit_operand(kernel, *m.operand, false, visit);
    visit_operand(kernel, *m.operand, is_destination(*m.spec), visit);
  }
  if (waits_for_registers(*instruction.form)) {
    for (const uint32_t r : input.kept_until_waits) visit(r, false);
  }
}

class BitSet {
 public:
  explicit BitSet(size_t size) : words_((size + 63) / 64) {}
  void set(uint32_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  void clear(uint32_t i) { words_[i / 64] &= ~(uint64_t{1} << (i % 64)); }
  bool test(uint32_t i) const { return (words_[i / 64] >> (i % 64)) & 1; }

  bool operator==(const BitSet&) const = default;
  // this |= a & ~b; true when something was added.
  bool add_without(const BitSet& a, const BitSet& b) {
    bool changed = false;
    for (size_t i = 0; i < words_.size(); ++i) {
      const uint64_t merged = words_[i] | (a.words_[i] & ~b.words_[i]);
      changed |= merged != words_[i];
      words_[i] = merged;
    }
    return changed;
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t rest = words_[i]; rest != 0; rest &= rest - 1) {
        visit(static_cast<uint32_t>(i * 64 + static_cast<size_t>(__builtin_ctzll(rest))));
      }
    }
  }

 private:
  std::vector<uint64_t> words_;
};

struct BlockLiveness {
  BitSet written;  // surely, before it is read
  BitSet live_in;
  BitSet live_out;
};

BlockLiveness scan_block(const LivenessInput& input, const BasicBlock& block) {
  const size_t size = input.kernel.registers.size();
  BlockLiveness facts{BitSet(size), BitSet(size), BitSet(size)};
  for (uint32_t i = block.begin; i < block.end; ++i) {
    const Instruction& instruction = input.kernel.instructions[i];
    const bool is_certain = instruction.guard == kNoRegister;
    visit_registers(input, instruction, [&](uint32_t r, bool is_write) {
      if (!is_write && !facts.written.test(r)) facts.live_in.set(r);
    });
    visit_registers(input, instruction, [&](uint32_t r, bool is_write) {
      if (is_write && is_certain) facts.written.set(r);
    });
  }
  return facts;
}

// Grows live_in and live_out until nothing changes; backward, since life flows backward.
void propagate(const std::vector<BasicBlock>& blocks, std::vector<BlockLiveness>& facts,
               size_t num_registers) {
  const BitSet nothing(num_registers);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = blocks.size(); b-- > 0;) {
      for (const uint32_t successor : blocks[b].successors) {
        facts[b].live_out.add_without(facts[successor].live_in, nothing);
      }
      changed |= facts[b].live_in.add_without(facts[b].live_out, facts[b].written);
    }
  }
}

void extend(LiveInterval& interval, uint32_t position) {
  interval.first = std::min(interval.first, position);
  interval.last = std::max(interval.last, position);
}

std::vector<LiveInterval> find_intervals(const LivenessInput& input,
                                         const std::vector<BasicBlock>& blocks) {
  const Kernel& kernel = input.kernel;
  std::vector<LiveInterval> intervals(kernel.registers.size());
  std::vector<BlockLiveness> facts;
  facts.reserve(blocks.size());
  for (const BasicBlock& block : blocks) facts.push_back(scan_block(input, block));
  propagate(blocks, facts, kernel.registers.size());

  for (size_t b = 0; b < blocks.size(); ++b) {
    for (uint32_t i = blocks[b].begin; i < blocks[b].end; ++i) {
      visit_registers(input, kernel.instructions[i],
                      [&](uint32_t r, bool) { extend(intervals[r], i); });
    }
    facts[b].live_in.for_each([&](uint32_t r) { extend(intervals[r], blocks[b].begin); });
    facts[b].live_out.for_each([&](uint32_t r) { extend(intervals[r], blocks[b].end - 1); });
  }
  if (!blocks.empty()) {
    facts[0].live_in.for_each([&](uint32_t r) { intervals[r].is_live_at_entry = true; });
  }
  return intervals;
}

}  // namespace

std::vector<bool> find_asynchronous_registers(const Kernel& kernel) {
  std::vector<bool> is_asynchronous(kernel.registers.size());
  for (const Instruction& instruction : kernel.instructions) {
    for (const MatchedOperand& m : OperandMatch(kernel, instruction)) {
      const bool is_fragment =
          m.operand && m.spec->is_matrix && m.operand->kind == OperandKind::kVector;
      if (!is_fragment && !m.spec->is_accumulator) continue;
      visit_operand(kernel, *m.operand, false,
                    [&](uint32_t r, bool) { is_asynchronous[r] = true; });
    }
  }
  return is_asynchronous;
}

std::vector<LiveInterval> find_live_intervals(const Kernel& kernel) {
  const std::vector<BasicBlock> blocks = find_blocks(kernel);
  std::vector<LiveInterval> intervals = find_intervals({kernel, {}}, blocks);
  const std::vector<bool> is_asynchronous = find_asynchronous_registers(kernel);
  LivenessInput input{kernel, {}};
  for (uint32_t r = 0; r < is_asynchronous.size(); ++r) {
    if (is_asynchronous[r]) input.kept_until_waits.push_back(r);
  }
  if (input.kept_until_waits.empty()) return intervals;
  const std::vector<LiveInterval> longer = find_intervals(input, blocks);
  for (size_t r = 0; r < intervals.size(); ++r) {
    intervals[r].first = longer[r].first;
    intervals[r].last = longer[r].last;
  }
  return intervals;
}

std::vector<bool> find_maybe_missing(const Kernel& kernel,
                                     const std::vector<LiveInterval>& intervals) {
  const LivenessInput input{kernel, {}};
  std::vector<bool> is_missing(intervals.size());
  bool changed = false;
  for (size_t r = 0; r < intervals.size(); ++r) {
    is_missing[r] = intervals[r].is_live_at_entry;
    changed |= is_missing[r];
  }
  while (changed) {
    changed = false;
    for (const Instruction& instruction : kernel.instructions) {
      if (missing_use(*instruction.form) == MissingUse::kReport) continue;
      bool reads_missing = false;
      visit_registers(input, instruction, [&](uint32_t r, bool is_write) {
        reads_missing |= !is_write && is_missing[r];
      });
      if (!reads_missing) continue;
      visit_registers(input, instruction, [&](uint32_t r, bool is_write) {
        changed |= is_write && !is_missing[r];
        if (is_write) is_missing[r] = true;
      });
    }
  }
  return is_missing;
}

}  // namespace emulator::ptx
