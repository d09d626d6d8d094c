// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "emulator/core/async_access.h"
#include "emulator/core/cta.h"
#include "emulator/core/tensor_operations.h"

namespace emulator {

// The unit whose groups the race checker follows.
inline constexpr const char* kTensorCoreUnit = "tcgen05";

// One asynchronous tcgen05 instruction on its way from the thread that issues it to the tensor core
// of its CTA, or of both CTAs of its pair.
class Tcgen05Issue {
 public:
  // Reports an instruction that several lanes execute, each of which would issue all of it.
  Tcgen05Issue(Warp& warp, const Instruction& instruction, LaneMask lanes);

  Warp& warp() const { return warp_; }
  const Instruction& instruction() const { return instruction_; }
  int lane() const { return lane_; }
  uint64_t read(const Row& row) const;
  // The CTAs whose tensor memory takes part, the even one first.
  std::span<Cta* const> group() const { return group_; }
  uint32_t issuer() const { return issuer_; }

  // Reports what is wrong with an operand; an empty text is right.
  void require(const std::string& problem) const;

  // Columns that the operation will read or write have to be allocated, and no tcgen05.ld or
  // tcgen05.st may be under way that it could overtake.
  void claim_read(const TensorMemoryRange& range) const;
  void claim_write(const TensorMemoryRange& range) const;

  // Gives the operation its number; what it touches is not known to be done until it is committed
  // and somebody has waited.
  TensorOperation begin();

  AsyncAccess access() const;

  // Operations of a tensor core complete in the order in which they are submitted.
  void submit(AsyncQueue::Operation operation) const;

 private:
  void check_accesses(const Cta& cta, const TensorMemoryRange& range, bool is_store) const;

  Warp& warp_;
  const Instruction& instruction_;
  int lane_;
  std::vector<Cta*> group_;
  uint32_t issuer_;
};

}  // namespace emulator
