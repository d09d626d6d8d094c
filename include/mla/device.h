// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mla/tensor.h"

namespace mla {

enum class Arch : std::uint8_t { kCpu, kSm90, kSm100, kSm103 };

const char* name(Arch arch);  // "cpu", "sm_90", ...

// What planning needs to know of a device: plain numbers, so that a plan for a card can be made and
// tested where there is none. A rate of 0 is unknown: what it limits costs nothing in estimates.
struct DeviceFacts {
  std::string name = {};  // "H200"
  Arch arch = Arch::kCpu;
  int num_sms = 1;  // streaming multiprocessors; on the CPU: worker threads
  std::int64_t smem_per_block_bytes = 0;
  std::int64_t l2_bytes = 0;
  double memory_bytes_per_second = 0;  // what a copy reaches, not the datasheet
  double fp8_flops_per_second = 0;     // what a large matrix product reaches
  double fp16_flops_per_second = 0;    // the same for float16 and bfloat16
  double exp_per_second = 0;           // exponentials, all SMs together
};

// Cards known by name: "H100", "H200", "B200", "B300". Throws Error(kValue) for another name.
DeviceFacts known_device(std::string_view name);
std::vector<std::string> known_devices();

}  // namespace mla
