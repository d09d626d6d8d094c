// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace emulator {

// The facts of a GPU that kernels and hosts can see.
struct DeviceModel {
  std::string name;
  std::string target;  // "sm_90"
  int compute_major = 0;
  int compute_minor = 0;
  uint32_t num_sms = 0;
  uint32_t max_ctas_per_sm = 32;
  uint32_t max_threads_per_sm = 2048;
  uint32_t max_threads_per_cta = 1024;
  uint32_t registers_per_sm = 65536;
  uint32_t shared_bytes_per_sm = 233472;
  uint32_t max_shared_bytes_per_cta = 232448;  // with the opt-in
  uint32_t max_cluster_size = 8;               // 16 with the non-portable attribute
  uint64_t memory_bytes = 0;                   // of the real device
  uint64_t l2_bytes = 0;
  uint32_t clock_kilohertz = 0;
  uint32_t memory_clock_kilohertz = 0;
  uint32_t memory_bus_bits = 0;
};

// "sm_90" H200, "sm_100" B200, "sm_103" B300; null for other targets.
const DeviceModel* find_device_model(const std::string& target);

}  // namespace emulator
