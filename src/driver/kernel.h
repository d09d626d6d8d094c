// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "driver/context.h"

namespace mla::driver {

struct Dim3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

// How a kernel is started.
struct LaunchShape {
  Dim3 grid = {};  // in thread blocks
  Dim3 block = {};
  Dim3 cluster = {};  // in thread blocks; divides the grid
  unsigned dynamic_smem_bytes = 0;
  bool is_cooperative = false;  // all blocks resident at once, so that they may wait for each other
  bool enable_pdl = false;  // may start before the kernel in front of it in the stream has ended
};

// A loaded image that holds one kernel, for one device. The kernel takes one argument, a plain
// struct. Launching allocates nothing, waits for nothing and is safe from several threads.
class Kernel {
 public:
  // `image` is a cubin, a fat binary or PTX text (with its final zero byte); `symbol` the kernel's
  // name in it; `description` what errors call it. `max_dynamic_smem_bytes` is asked for once,
  // here.
  Kernel(const PrimaryContext& context, std::string_view image, const std::string& symbol,
         std::string description, unsigned max_dynamic_smem_bytes = 0);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Starts the kernel on `stream` of the device. An empty grid starts nothing. Throws
  // Error(kRuntime) with the driver's words, the kernel's description and the shape.
  template <typename Params>
  void launch(const LaunchShape& shape, CUstream stream, const Params& params) const {
    launch_bytes(shape, stream, &params);
  }

  int attribute(CUfunction_attribute attribute) const;
  int num_blocks_per_sm(unsigned block_size, unsigned dynamic_smem_bytes) const;
  const std::string& description() const { return description_; }

 private:
  void launch_bytes(const LaunchShape& shape, CUstream stream, const void* params) const;
  void load(std::string_view image, const std::string& symbol, unsigned max_dynamic_smem_bytes);

  const PrimaryContext& context_;
  std::string description_;
  CUlibrary library_ = nullptr;
  CUkernel kernel_ = nullptr;
  CUfunction function_ = nullptr;
};

// "grid (4096, 1, 1), block (256, 1, 1), cluster (1, 1, 1), 0 bytes of dynamic shared memory"
std::string to_string(const LaunchShape& shape);

}  // namespace mla::driver
