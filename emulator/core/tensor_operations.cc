// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/tensor_operations.h"

#include <algorithm>

#include "emulator/core/cta.h"

namespace emulator {
namespace {

bool is_observed(const CommitSignal& signal) {
  const auto it = signal.cta->mbarriers.find(signal.offset);
  // A barrier that was made anew since then was surely waited for before.
  if (it == signal.cta->mbarriers.end() || it->second.phase() < signal.phase) return true;
  return it->second.num_observed_phases() > signal.phase;
}

}  // namespace

uint32_t TensorOperations::find_issuer(uint32_t cta_rank, uint32_t warp, int lane) {
  const auto [it, is_new] =
      issuer_of_.try_emplace({cta_rank, warp, lane}, static_cast<uint32_t>(issuers_.size()));
  if (is_new) issuers_.emplace_back();
  return it->second;
}

bool TensorOperations::is_known_done(const TensorOperation& operation) {
  Issuer& issuer = issuers_[operation.issuer];
  if (operation.number <= issuer.num_known_done) return true;
  std::erase_if(issuer.signals, [&](const CommitSignal& signal) {
    if (!is_observed(signal)) return false;
    issuer.num_known_done = std::max(issuer.num_known_done, signal.last_number);
    return true;
  });
  return operation.number <= issuer.num_known_done;
}

void TensorMemoryHistory::note(Parts& parts, const TensorMemoryRange& range,
                               const TensorOperation& operation) {
  parts.resize(TensorMemory::kNumColumns);
  const uint32_t end = std::min(range.column + range.num_columns, TensorMemory::kNumColumns);
  for (uint32_t column = range.column; column < end; ++column) {
    for (uint32_t lane = range.lane; lane < range.lane + range.num_lanes; lane += kQuarterLanes) {
      parts[column][lane / kQuarterLanes] = operation;
    }
  }
}

const TensorOperation* TensorMemoryHistory::find(Parts& parts, const TensorMemoryRange& range,
                                                 TensorOperations& operations) {
  if (parts.empty()) return nullptr;
  const uint32_t end = std::min(range.column + range.num_columns, TensorMemory::kNumColumns);
  for (uint32_t column = range.column; column < end; ++column) {
    for (uint32_t lane = range.lane; lane < range.lane + range.num_lanes; lane += kQuarterLanes) {
      TensorOperation& operation = parts[column][lane / kQuarterLanes];
      if (operation.number == 0) continue;
      if (!operations.is_known_done(operation)) return &operation;
      operation.number = 0;
    }
  }
  return nullptr;
}

}  // namespace emulator
