// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/wgmma_queue.h"

#include <utility>

namespace emulator {

const char* WgmmaQueue::join(uint64_t index, const Instruction& instruction,
                             const WgmmaScalars& scalars, uint32_t warp_in_group,
                             const MatrixFragment& a_fragment) {
  if (index - num_taken_ == gathering_.size()) {
    gathering_.emplace_back();
    gathering_.back().instruction = &instruction;
    gathering_.back().scalars = scalars;
  }
  WgmmaOperation& operation = gathering_[index - num_taken_];
  if (operation.instruction != &instruction) {
    return "the warps of the warpgroup execute different wgmma.mma_async instructions";
  }
  if (!(operation.scalars == scalars)) {
    return "the warps of the warpgroup give different descriptors or scale-d";
  }
  operation.a_fragments[warp_in_group] = a_fragment;
  ++operation.num_warps;
  return nullptr;
}

std::optional<WgmmaOperation> WgmmaQueue::take_complete() {
  if (gathering_.empty() || gathering_.front().num_warps < kWarpgroupWarps) return std::nullopt;
  WgmmaOperation operation = std::move(gathering_.front());
  gathering_.pop_front();
  ++num_taken_;
  return operation;
}

}  // namespace emulator
