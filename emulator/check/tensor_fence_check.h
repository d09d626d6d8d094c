// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "emulator/core/cta.h"
#include "emulator/core/observer.h"

namespace emulator::check {

// What an instruction is to the order of tcgen05 operations across threads (ISA 9.7.16.6.3).
enum class TensorOrder : uint8_t {
  kNone,
  kAccess,       // ld, st, mma, cp: asynchronous
  kFenceBefore,  // tcgen05.fence::before_thread_sync
  kFenceAfter,   // tcgen05.fence::after_thread_sync
  kArrive,       // at an mbarrier
  kCommit,       // arrives at an mbarrier and is a fence before it
  kWait,         // at an mbarrier
  kBarrier,      // bar.sync: both
  kClusterArrive,
  kClusterWait,
};

TensorOrder find_tensor_order(const Instruction& instruction);

// Reports tcgen05 operations that follow another thread's across a barrier without the two fences
// that carry the order: tcgen05.fence::before_thread_sync ahead of the arrival, and
// tcgen05.fence::after_thread_sync behind the wait. Kernels have shipped without them, so that this
// is a matter of pedantry.
class TensorFenceCheck final : public Observer {
 public:
  explicit TensorFenceCheck(const Program& program);

  void before(Warp& warp, const Instruction& instruction, LaneMask lanes) override;
  void after(Warp& warp, const Instruction& instruction, LaneMask lanes, Outcome outcome) override;
  void on_cluster_end(Cluster& cluster) override;

 private:
  struct WarpState {
    const Instruction* last_access = nullptr;
    bool is_fenced_before = true;                  // since the last access
    const Instruction* unfenced_wait = nullptr;    // that passed on others' operations
    const Instruction* unfenced_access = nullptr;  // of another warp, that it passed on
  };
  // What arrivals at a barrier have passed on.
  struct Passed {
    const Warp* source = nullptr;  // null: a commit
    const Instruction* unfenced_access = nullptr;
  };
  // A barrier: whose, of which kind, which.
  using Barrier = std::tuple<const void*, TensorOrder, uint32_t>;

  TensorOrder order_of(const Instruction& instruction) const {
    return orders_[static_cast<size_t>(&instruction - program_.code.data())];
  }
  void arrive(const Warp& warp, const Barrier& barrier);
  void pass_on(const Barrier& barrier, const Passed& operations);
  void wait(const Warp& warp, const Instruction& instruction, const Barrier& barrier);
  void check_access(Warp& warp, const Instruction& instruction);

  const Program& program_;
  std::vector<TensorOrder> orders_;
  std::unordered_map<const Warp*, WarpState> warps_;
  std::map<Barrier, std::vector<Passed>> passed_;
};

}  // namespace emulator::check
