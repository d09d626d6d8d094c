// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/kernel.h"

#include <sstream>
#include <utility>

namespace mla::driver {
namespace {

std::ostream& operator<<(std::ostream& stream, const Dim3& dim) {
  return stream << '(' << dim.x << ", " << dim.y << ", " << dim.z << ')';
}

// The launch attributes that differ from the driver's defaults, on the caller's stack.
struct Attributes {
  CUlaunchAttribute list[3];
  unsigned count = 0;

  explicit Attributes(const LaunchShape& shape) {
    if (shape.cluster.x * shape.cluster.y * shape.cluster.z > 1) {
      add(kLaunchClusterDimension).cluster_dim = {shape.cluster.x, shape.cluster.y,
                                                  shape.cluster.z};
    }
    if (shape.is_cooperative) add(kLaunchCooperative).cooperative = 1;
    if (shape.enable_pdl) {
      add(kLaunchProgrammaticStreamSerialization).programmatic_stream_serialization = 1;
    }
  }

  CUlaunchAttributeValue& add(CUlaunchAttributeID id) {
    list[count].id = id;
    return list[count++].value;
  }
};

}  // namespace

Kernel::Kernel(const PrimaryContext& context, std::string_view image, const std::string& symbol,
               std::string description, unsigned max_dynamic_smem_bytes)
    : context_(context), description_(std::move(description)) {
  const CurrentContext current(context_);
  const RelaxedCapture relaxed(context_.driver());
  try {
    load(image, symbol, max_dynamic_smem_bytes);
  } catch (...) {
    if (library_ != nullptr) context_.driver()->cuLibraryUnload(library_);
    throw;
  }
}

void Kernel::load(std::string_view image, const std::string& symbol,
                  unsigned max_dynamic_smem_bytes) {
  const Driver& driver = context_.driver();
  const std::string action = "loading " + description_;
  driver.check(
      driver->cuLibraryLoadData(&library_, image.data(), nullptr, nullptr, 0, nullptr, nullptr, 0),
      action);
  driver.check(driver->cuLibraryGetKernel(&kernel_, library_, symbol.c_str()),
               action + " (looking for its symbol " + symbol + ")");
  if (max_dynamic_smem_bytes > 0) {
    driver.check(
        driver->cuKernelSetAttribute(kFunctionMaxDynamicSmemBytes, int(max_dynamic_smem_bytes),
                                     kernel_, context_.device()),
        action + " (asking for " + std::to_string(max_dynamic_smem_bytes) +
            " bytes of dynamic shared memory)");
  }
  driver.check(driver->cuKernelGetFunction(&function_, kernel_), action);
}

Kernel::~Kernel() {
  context_.driver()->cuLibraryUnload(library_);
}

void Kernel::launch_bytes(const LaunchShape& shape, CUstream stream, const void* params) const {
  if (shape.grid.x == 0 || shape.grid.y == 0 || shape.grid.z == 0) return;
  Attributes attributes(shape);
  const CUlaunchConfig config{.grid_x = shape.grid.x,
                              .grid_y = shape.grid.y,
                              .grid_z = shape.grid.z,
                              .block_x = shape.block.x,
                              .block_y = shape.block.y,
                              .block_z = shape.block.z,
                              .dynamic_smem_bytes = shape.dynamic_smem_bytes,
                              .stream = stream,
                              .attributes = attributes.list,
                              .num_attributes = attributes.count};
  // The driver copies the struct before it returns and does not write to it.
  void* arguments[] = {const_cast<void*>(params)};
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  const CUresult result = driver->cuLaunchKernelEx(&config, function_, arguments, nullptr);
  if (result != kSuccess) [[unlikely]] {
    driver.check(result, "launching " + description_ + " on cuda:" +
                             std::to_string(context_.ordinal()) + " with " + to_string(shape));
  }
}

int Kernel::attribute(CUfunction_attribute attribute) const {
  const Driver& driver = context_.driver();
  int value = 0;
  driver.check(driver->cuKernelGetAttribute(&value, attribute, kernel_, context_.device()),
               "asking for an attribute of " + description_);
  return value;
}

int Kernel::num_blocks_per_sm(unsigned block_size, unsigned dynamic_smem_bytes) const {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  int count = 0;
  driver.check(driver->cuOccupancyMaxActiveBlocksPerMultiprocessor(
                   &count, function_, int(block_size), dynamic_smem_bytes),
               "asking for the occupancy of " + description_);
  return count;
}

std::string to_string(const LaunchShape& shape) {
  std::ostringstream text;
  text << "grid " << shape.grid << ", block " << shape.block << ", cluster " << shape.cluster
       << ", " << shape.dynamic_smem_bytes << " bytes of dynamic shared memory";
  return text.str();
}

}  // namespace mla::driver
