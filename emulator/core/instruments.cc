// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/instruments.h"

#include "emulator/check/early_accesses.h"
#include "emulator/check/race_checker.h"
#include "emulator/check/tensor_fence_check.h"
#include "emulator/trace/counter_observer.h"
#include "emulator/trace/trace_observer.h"

namespace emulator {
namespace {

// Several observers as one.
class ObserverList final : public Observer {
 public:
  explicit ObserverList(std::vector<std::unique_ptr<Observer>> observers)
      : observers_(std::move(observers)) {}

  void before(Warp& warp, const Instruction& instruction, LaneMask lanes) override {
    for (const auto& observer : observers_) observer->before(warp, instruction, lanes);
  }
  void after(Warp& warp, const Instruction& instruction, LaneMask lanes, Outcome outcome) override {
    for (const auto& observer : observers_) observer->after(warp, instruction, lanes, outcome);
  }
  void on_async_global(const Warp& warp, const Instruction& instruction, int lane, uint64_t address,
                       uint64_t bytes, bool is_write) override {
    for (const auto& observer : observers_) {
      observer->on_async_global(warp, instruction, lane, address, bytes, is_write);
    }
  }
  void on_cluster_end(Cluster& cluster) override {
    for (const auto& observer : observers_) observer->on_cluster_end(cluster);
  }

 private:
  std::vector<std::unique_ptr<Observer>> observers_;
};

}  // namespace

Instruments::Instruments(Grid& grid) {
  if (grid.options.races != check::RaceLevel::kOff) {
    auto races = std::make_unique<check::RaceChecker>(grid.program(), grid.options.races);
    races_ = races.get();
    observers_.push_back(std::move(races));
  }
  if (grid.options.races == check::RaceLevel::kPedantic) {
    observers_.push_back(std::make_unique<check::TensorFenceCheck>(grid.program()));
  }
  const GridOrder& order = grid.order;
  const bool has_early_grids = order.early_accesses && !order.early_accesses->is_empty();
  if (order.is_early || has_early_grids) {
    observers_.push_back(std::make_unique<check::DependencyCheck>(grid));
  }
  if (grid.options.counters) {
    observers_.push_back(std::make_unique<trace::CounterObserver>(grid, *grid.options.counters));
  }
  if (grid.options.trace) {
    observers_.push_back(std::make_unique<trace::TraceObserver>(grid, *grid.options.trace));
  }
  if (observers_.size() > 1) {
    auto list = std::make_unique<ObserverList>(std::move(observers_));
    observers_.clear();
    observers_.push_back(std::move(list));
  }
  if (!observers_.empty()) observer_ = observers_.front().get();
}

}  // namespace emulator
