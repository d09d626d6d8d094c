// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "emulator/libcudart/types.h"

namespace emulator::libcudart {

// The kernel that a host function stands for; its module is loaded first. Null when there is none.
mla::driver::CUkernel find_kernel(const void* host);

struct DeviceVariable {
  std::byte* address = nullptr;
  size_t bytes = 0;
};

// The device memory behind a host variable; no address when there is none.
DeviceVariable find_variable(const void* host);

}  // namespace emulator::libcudart
