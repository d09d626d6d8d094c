// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/gpu_runtime.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "check.h"

namespace mla {
namespace {

constexpr const char* kWhere = "runtime";

std::string or_environment(const std::string& option, const char* variable, const char* otherwise) {
  if (!option.empty()) return option;
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

compile::KernelStoreOptions store_options(const RuntimeOptions& options) {
  compile::KernelStoreOptions store{.aot_folder = options.kernel_folder,
                                    .cache_folder = options.cache_folder,
                                    .nvrtc = compile::nvrtc_search_from_environment()};
  if (store.aot_folder.empty()) store.aot_folder = compile::own_folder();
  if (store.cache_folder.empty()) store.cache_folder = compile::default_cache_folder();
  if (!options.nvrtc.empty()) store.nvrtc.named_file = options.nvrtc;
  if (!options.package_folder.empty()) {
    store.nvrtc.package_dirs.push_back(options.package_folder);
  }
  return store;
}

// The architectures that kernels exist for: compute capability, target, and the card whose measured
// or documented rates stand for another card of the same architecture.
struct Architecture {
  int major;
  int minor;
  Arch arch;
  const char* target;
  const char* usual_card;
};

constexpr Architecture kArchitectures[] = {{9, 0, Arch::kSm90, "90a", "H100"},
                                           {10, 0, Arch::kSm100, "100f", "B200"},
                                           {10, 3, Arch::kSm103, "103f", "B300"}};

const Architecture* architecture_of(const driver::DeviceProperties& properties) {
  for (const Architecture& known : kArchitectures) {
    if (known.major == properties.major && known.minor == properties.minor) return &known;
  }
  return nullptr;
}

bool names_emulated_target(std::string_view text) {
  return std::ranges::any_of(kArchitectures, [&](const Architecture& known) {
    return text == std::string("emulator:") + name(known.arch);
  });
}

// Rates come from the card of that name, sizes from the device itself.
DeviceFacts facts_of(const driver::DeviceProperties& properties, const Architecture& known) {
  DeviceFacts facts = known_device(known.usual_card);
  for (const std::string& card : known_devices()) {
    if (properties.name.find(card) != std::string::npos) facts = known_device(card);
  }
  facts.name = properties.name;
  facts.arch = known.arch;
  facts.num_sms = properties.num_sms;
  facts.smem_per_block_bytes = properties.smem_per_block_bytes;
  facts.l2_bytes = properties.l2_bytes;
  return facts;
}

}  // namespace

bool is_emulator_wanted() {
  const char* target = std::getenv("TOKENSPEED_MLA_TARGET");
  if (target == nullptr || *target == '\0') return false;
  MLA_CHECK(names_emulated_target(target), ErrorKind::kValue, kWhere,
            "TOKENSPEED_MLA_TARGET must be emulator:sm_90, emulator:sm_100 or emulator:sm_103, or "
            "not be set",
            target);
  return true;
}

GpuRuntime::GpuRuntime(const RuntimeOptions& options)
    : driver_(or_environment(options.libcuda, "TOKENSPEED_MLA_LIBCUDA", "libcuda.so.1")),
      store_(store_options(options)) {
  const auto form = is_emulator_wanted() ? compile::ImageForm::kPtx : compile::ImageForm::kCubin;
  for (int ordinal = 0; ordinal < driver_.num_devices(); ++ordinal) {
    GpuDevice device{.properties = driver::device_properties(driver_, ordinal)};
    if (const Architecture* known = architecture_of(device.properties)) {
      device.target = compile::Target{.arch = known->target, .form = form};
      device.facts = facts_of(device.properties, *known);
    }
    devices_.push_back(std::move(device));
  }
}

std::vector<int> GpuRuntime::ordinals() const {
  std::vector<int> found;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    if (devices_[i].target) found.push_back(int(i));
  }
  return found;
}

const GpuRuntime::GpuDevice& GpuRuntime::device(int ordinal) const {
  const int count = int(devices_.size());
  MLA_CHECK(ordinal >= 0 && ordinal < count, ErrorKind::kRuntime, kWhere,
            "the device must be one of the driver's " + std::to_string(count),
            Device({DeviceType::kCuda, ordinal}));
  const GpuDevice& device = devices_[std::size_t(ordinal)];
  const driver::DeviceProperties& found = device.properties;
  MLA_CHECK(device.target, ErrorKind::kNotImplemented, kWhere,
            "kernels exist for compute capability 9.0, 10.0 and 10.3",
            found.name + " of " + std::to_string(found.major) + "." + std::to_string(found.minor));
  return device;
}

const driver::PrimaryContext& GpuRuntime::context(int ordinal) {
  const std::lock_guard lock(contexts_mutex_);
  auto& context = devices_[std::size_t(ordinal)].context;
  if (!context) context = std::make_unique<driver::PrimaryContext>(driver_, ordinal);
  return *context;
}

std::unique_ptr<driver::Kernel> GpuRuntime::load(const KernelSpec& spec, int ordinal) {
  const compile::KernelImage image = store_.find(spec.source, *device(ordinal).target);
  return std::make_unique<driver::Kernel>(context(ordinal), image.code, image.symbol,
                                          spec.source.expression, spec.max_dynamic_smem_bytes);
}

}  // namespace mla
