// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/control_flow.h"

#include <algorithm>

#include "emulator/ptx/instruction_table.h"

namespace emulator::ptx {
namespace {

bool is_branch(const Instruction& i) {
  return i.form->row->handler == "branch";
}
bool is_exit(const Instruction& i) {
  return i.form->row->handler == "exit_thread";
}
bool ends_block(const Instruction& i) {
  return is_branch(i) || is_exit(i);
}

}  // namespace

std::vector<BasicBlock> find_blocks(const Kernel& kernel) {
  const uint32_t size = static_cast<uint32_t>(kernel.instructions.size());
  // A label may stand behind the last instruction, hence one more place than instructions.
  std::vector<bool> is_leader(size + 1, false);
  is_leader[0] = true;
  for (uint32_t i = 0; i < size; ++i) {
    const Instruction& instruction = kernel.instructions[i];
    if (is_branch(instruction)) is_leader[kernel.operands_of(instruction)->index] = true;
    if (ends_block(instruction)) is_leader[i + 1] = true;
  }

  std::vector<BasicBlock> blocks;
  std::vector<uint32_t> block_of(size + 1, 0);
  for (uint32_t i = 0; i < size; ++i) {
    if (is_leader[i]) blocks.push_back({i, i, {}});
    block_of[i] = static_cast<uint32_t>(blocks.size() - 1);
    blocks.back().end = i + 1;
  }
  for (BasicBlock& block : blocks) {
    const Instruction& last = kernel.instructions[block.end - 1];
    const bool is_guarded = last.guard != kNoRegister;
    if (is_branch(last)) {
      const uint32_t target = kernel.operands_of(last)->index;
      if (target < size) block.successors.push_back(block_of[target]);
    }
    const bool falls_through = !ends_block(last) || is_guarded;
    if (falls_through && block.end < size) block.successors.push_back(block_of[block.end]);
  }
  return blocks;
}

}  // namespace emulator::ptx
