// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <vector>

#include "compile/kernel_store.h"
#include "driver/kernel.h"
#include "driver/tensor_map_memo.h"
#include "mla/decode.h"
#include "mla/prefill.h"
#include "mla/runtime.h"
#include "ops/emulation.h"
#include "ops/kernel_spec.h"
#include "ops/plan_memo.h"
#include "plan/decode_plan.h"
#include "plan/prefill_plan.h"

namespace mla {

// The kernels of one operation that are loaded, on all devices. Asking for one that is there costs
// a shared lock and a few comparisons.
template <typename Config>
class KernelTable {
 public:
  const driver::Kernel* find(const Config& config, int ordinal) const {
    const std::shared_lock lock(mutex_);
    return find_unlocked(config, ordinal);
  }

  // Loads the kernel with `load` unless another thread did so first.
  template <typename Load>
  const driver::Kernel& find_or_load(const Config& config, int ordinal, Load&& load) {
    const std::unique_lock lock(mutex_);
    if (const driver::Kernel* kernel = find_unlocked(config, ordinal)) return *kernel;
    entries_.push_back({config, ordinal, load()});
    return *entries_.back().kernel;
  }

 private:
  struct Entry {
    Config config;
    int ordinal;
    std::unique_ptr<driver::Kernel> kernel;
  };

  const driver::Kernel* find_unlocked(const Config& config, int ordinal) const {
    for (const Entry& entry : entries_) {
      if (entry.ordinal == ordinal && entry.config == config) return entry.kernel.get();
    }
    return nullptr;
  }

  mutable std::shared_mutex mutex_;
  std::vector<Entry> entries_;
};

// The GPU half of a Runtime: the driver, the devices that kernels exist for, the loaded kernels,
// the plans and the tensor maps made last.
class GpuRuntime {
 public:
  // Throws Error(kRuntime) when there is no driver, or none that can be used.
  explicit GpuRuntime(const RuntimeOptions& options);

  // Ordinals of the devices that kernels exist for.
  std::vector<int> ordinals() const;

  // Throws Error(kRuntime) when there is no such device, Error(kNotImplemented) when there are no
  // kernels for it.
  const DeviceFacts& facts(int ordinal) const { return device(ordinal).facts; }

  // The kernel for a config: loaded, or had from the KernelStore on first use.
  template <typename Config>
  const driver::Kernel& kernel(const Config& config, int ordinal) {
    auto& table = std::get<KernelTable<Config>>(tables_);
    if (const driver::Kernel* kernel = table.find(config, ordinal)) return *kernel;
    return table.find_or_load(
        config, ordinal, [&] { return load(kernel_spec(config, facts(ordinal).arch), ordinal); });
  }

  // Opened by the first call that asks. A tensor map can only be made while it is current.
  const driver::PrimaryContext& context(int ordinal);

  const driver::Driver& driver() const { return driver_; }

  PlanMemo<DecodeProblem, DecodePlan>& decode_plans() { return decode_plans_; }
  PlanMemo<PrefillProblem, PrefillPlan>& prefill_plans() { return prefill_plans_; }
  driver::TensorMapMemo& tensor_maps() { return tensor_maps_; }

  // Held while tensors on the host are lent to an emulated GPU.
  std::mutex& host_tensors_mutex() { return host_tensors_mutex_; }

 private:
  struct GpuDevice {
    driver::DeviceProperties properties = {};
    std::optional<compile::Target> target = {};  // empty: no kernels for it
    DeviceFacts facts = {};
    std::unique_ptr<driver::PrimaryContext> context = {};  // opened by the first kernel
  };

  const GpuDevice& device(int ordinal) const;
  std::unique_ptr<driver::Kernel> load(const KernelSpec& spec, int ordinal);

  driver::Driver driver_;
  compile::KernelStore store_;
  std::mutex contexts_mutex_;
  std::mutex host_tensors_mutex_;
  std::vector<GpuDevice> devices_;
  std::tuple<KernelTable<KvPackConfig>, KernelTable<MergeConfig>, KernelTable<DecodeConfig>,
             KernelTable<DecodeMergeConfig>, KernelTable<PrefillConfig>>
      tables_;  // gone before contexts
  PlanMemo<DecodeProblem, DecodePlan> decode_plans_;
  PlanMemo<PrefillProblem, PrefillPlan> prefill_plans_;
  driver::TensorMapMemo tensor_maps_;
};

}  // namespace mla
