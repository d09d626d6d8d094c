// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/core/runner.h"
#include "emulator/libcuda/library.h"
#include "emulator/libcuda/state.h"
#include "emulator/libcuda/stream.h"

namespace emulator::libcuda {
namespace {

constexpr uint32_t kMaxGridYz = 65535;
constexpr uint32_t kLargeClusterSize = 16;

struct Attributes {
  Extent cluster;
  bool has_cluster = false;
  bool is_cooperative = false;
  bool is_programmatic = false;  // may begin before the grid in front is complete
};

Attributes read_attributes(const CUlaunchConfig& config, const Kernel& kernel) {
  Attributes attributes;
  const ptx::Dim3& required = kernel.source->required_cluster;
  if (required.x > 0) {
    attributes.cluster = {required.x, required.y, required.z};
    attributes.has_cluster = true;
  }
  for (unsigned i = 0; i < config.num_attributes; ++i) {
    const CUlaunchAttribute& attribute = config.attributes[i];
    if (attribute.id == kLaunchClusterDimension) {
      const auto& dims = attribute.value.cluster_dim;
      attributes.cluster = {dims.x, dims.y, dims.z};
      attributes.has_cluster = true;
    } else if (attribute.id == kLaunchCooperative) {
      attributes.is_cooperative = attribute.value.cooperative != 0;
    } else if (attribute.id == kLaunchProgrammaticStreamSerialization) {
      attributes.is_programmatic = attribute.value.programmatic_stream_serialization != 0;
    }
  }
  return attributes;
}

uint64_t resident_ctas(const Kernel& kernel, uint64_t block_size, size_t dynamic_shared_bytes) {
  return uint64_t{ctas_per_sm(*kernel.program, *state().device, static_cast<uint32_t>(block_size),
                              static_cast<uint32_t>(dynamic_shared_bytes))} *
         state().device->num_sms;
}

CUresult check_cluster(const Extent& grid, const Extent& cluster, const Kernel& kernel) {
  if (cluster.count() == 0) return kErrorInvalidValue;
  const uint32_t limit =
      kernel.allows_large_clusters ? kLargeClusterSize : state().device->max_cluster_size;
  if (cluster.count() > limit) return kErrorInvalidClusterSize;
  const bool divides =
      grid.x % cluster.x == 0 && grid.y % cluster.y == 0 && grid.z % cluster.z == 0;
  return divides ? kSuccess : kErrorInvalidValue;
}

CUresult check_launch(const Launch& launch, const Kernel& kernel, bool is_cooperative) {
  const Extent& grid = launch.grid;
  const bool is_legal_grid =
      grid.count() > 0 && grid.x <= 0x7fffffff && grid.y <= kMaxGridYz && grid.z <= kMaxGridYz;
  if (!is_legal_grid || launch.block.count() == 0 || launch.block.z > 64) return kErrorInvalidValue;
  if (launch.block.count() > state().device->max_threads_per_cta) return kErrorInvalidValue;
  if (launch.block.count() > kernel.max_threads()) return kErrorLaunchOutOfResources;
  if (launch.dynamic_shared_bytes > kernel.max_dynamic_shared_bytes) return kErrorInvalidValue;
  if (const CUresult result = check_cluster(grid, launch.cluster, kernel); result != kSuccess) {
    return result;
  }
  const uint64_t resident =
      resident_ctas(kernel, launch.block.count(), launch.dynamic_shared_bytes);
  if (resident == 0) return kErrorLaunchOutOfResources;
  if (is_cooperative && grid.count() > resident) return kErrorCooperativeLaunchTooLarge;
  return kSuccess;
}

CUresult copy_parameters(Launch& launch, void** values) {
  const Program& program = *launch.program;
  launch.parameters.resize(program.parameter_bytes);
  if (!program.parameters.empty() && !values) return kErrorInvalidValue;
  for (size_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter& parameter = program.parameters[i];
    std::memcpy(launch.parameters.data() + parameter.offset, values[i], parameter.size);
  }
  return kSuccess;
}

}  // namespace

CUresult cuLaunchKernelEx(const CUlaunchConfig* config, CUfunction function, void** parameters,
                          void** extra) {
  return guarded([&] {
    if (!config || !function) return kErrorInvalidValue;
    if (extra) return kErrorNotSupported;
    const Kernel& kernel = *kernel_of(function);
    const Attributes attributes = read_attributes(*config, kernel);
    Launch launch;
    launch.program = kernel.program.get();
    launch.grid = {config->grid_x, config->grid_y, config->grid_z};
    launch.block = {config->block_x, config->block_y, config->block_z};
    launch.cluster = attributes.cluster;
    launch.has_explicit_cluster = attributes.has_cluster;
    launch.dynamic_shared_bytes = config->dynamic_smem_bytes;
    CUresult result = check_launch(launch, kernel, attributes.is_cooperative);
    if (result == kSuccess) result = copy_parameters(launch, parameters);
    if (result != kSuccess) return result;
    Work work;
    work.launch = std::move(launch);
    work.overlaps_previous = attributes.is_programmatic;
    return submit(config->stream, std::move(work));
  });
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* num_blocks, CUfunction function,
                                                     int block_size, size_t dynamic_smem_bytes) {
  return guarded([&] {
    if (!num_blocks || !function || block_size <= 0) return kErrorInvalidValue;
    *num_blocks = static_cast<int>(ctas_per_sm(*kernel_of(function)->program, *state().device,
                                               static_cast<uint32_t>(block_size),
                                               static_cast<uint32_t>(dynamic_smem_bytes)));
    return kSuccess;
  });
}

CUresult cuOccupancyMaxActiveClusters(int* num_clusters, CUfunction function,
                                      const CUlaunchConfig* config) {
  return guarded([&] {
    if (!num_clusters || !function || !config) return kErrorInvalidValue;
    const Kernel& kernel = *kernel_of(function);
    const Extent cluster = read_attributes(*config, kernel).cluster;
    const uint64_t block_size = Extent{config->block_x, config->block_y, config->block_z}.count();
    if (cluster.count() == 0) return kErrorInvalidValue;
    *num_clusters = static_cast<int>(resident_ctas(kernel, block_size, config->dynamic_smem_bytes) /
                                     cluster.count());
    return kSuccess;
  });
}

}  // namespace emulator::libcuda
