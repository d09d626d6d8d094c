// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/liveness.h"

#include <algorithm>

#include "emulator/ptx/control_flow.h"
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

template <typename Visit>
void visit_registers(const Kernel& kernel, const Instruction& instruction, Visit&& visit) {
  if (instruction.guard != kNoRegister) visit(instruction.guard, false);
  for (const MatchedOperand& m : OperandMatch(kernel, instruction)) {
    if (m.operand) visit_operand(kernel, *m.operand, is_destination(*m.spec), visit);
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

BlockLiveness scan_block(const Kernel& kernel, const BasicBlock& block) {
  const size_t size = kernel.registers.size();
  BlockLiveness facts{BitSet(size), BitSet(size), BitSet(size)};
  for (uint32_t i = block.begin; i < block.end; ++i) {
    const Instruction& instruction = kernel.instructions[i];
    const bool is_certain = instruction.guard == kNoRegister;
    visit_registers(kernel, instruction, [&](uint32_t r, bool is_write) {
      if (!is_write && !facts.written.test(r)) facts.live_in.set(r);
    });
    visit_registers(kernel, instruction, [&](uint32_t r, bool is_write) {
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

}  // namespace

std::vector<LiveInterval> find_live_intervals(const Kernel& kernel) {
  std::vector<LiveInterval> intervals(kernel.registers.size());
  const std::vector<BasicBlock> blocks = find_blocks(kernel);
  std::vector<BlockLiveness> facts;
  facts.reserve(blocks.size());
  for (const BasicBlock& block : blocks) facts.push_back(scan_block(kernel, block));
  propagate(blocks, facts, kernel.registers.size());

  for (size_t b = 0; b < blocks.size(); ++b) {
    for (uint32_t i = blocks[b].begin; i < blocks[b].end; ++i) {
      visit_registers(kernel, kernel.instructions[i],
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

}  // namespace emulator::ptx
