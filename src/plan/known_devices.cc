// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "check.h"
#include "mla/device.h"

namespace mla {

namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kMaxSmemPerBlock = 227 * 1024;

// Reads in bulk, matrix products of 8192 cubed in bursts and the exponential rate per clock are
// measured on one H200; the clock of 1.755 GHz and the L2 are documented.
DeviceFacts h200() {
  return {.name = "H200",
          .arch = Arch::kSm90,
          .num_sms = 132,
          .smem_per_block_bytes = kMaxSmemPerBlock,
          .l2_bytes = 50 * kMiB,
          .memory_bytes_per_second = 4.5e12,
          .fp8_flops_per_second = 1450e12,
          .fp16_flops_per_second = 782e12,
          .exp_per_second = 132 * 16 * 1.755e9};
}

// The H200's chip with other memory: documented 3.35 TB/s, of which the share that the H200 reaches
// of its own (94 %) is assumed; the rest is taken from the H200.
DeviceFacts h100() {
  DeviceFacts facts = h200();
  facts.name = "H100";
  facts.memory_bytes_per_second = 3.15e12;
  return facts;
}

// Nothing measured here. Memory and sustained matrix products are what published kernels reach (of
// 8 TB/s, 4500 and 2250 TFLOPS documented); 16 exponentials per clock and SM at 1.85 GHz are
// documented.
DeviceFacts b200() {
  return {.name = "B200",
          .arch = Arch::kSm100,
          .num_sms = 148,
          .smem_per_block_bytes = kMaxSmemPerBlock,
          .l2_bytes = 126 * kMiB,
          .memory_bytes_per_second = 6.6e12,
          .fp8_flops_per_second = 3100e12,
          .fp16_flops_per_second = 1700e12,
          .exp_per_second = 148 * 16 * 1.85e9};
}

// A B200 with the exponential rate doubled, by documents.
DeviceFacts b300() {
  DeviceFacts facts = b200();
  facts.name = "B300";
  facts.arch = Arch::kSm103;
  facts.exp_per_second *= 2;
  return facts;
}

std::array<DeviceFacts, 4> all_devices() {
  return {h100(), h200(), b200(), b300()};
}

}  // namespace

const char* name(Arch arch) {
  switch (arch) {
    case Arch::kCpu: return "cpu";
    case Arch::kSm90: return "sm_90";
    case Arch::kSm100: return "sm_100";
    case Arch::kSm103: return "sm_103";
  }
  return "unknown";
}

DeviceFacts known_device(std::string_view name) {
  for (const DeviceFacts& facts : all_devices()) {
    if (facts.name == name) return facts;
  }
  std::string names;
  for (const std::string& known : known_devices()) names += (names.empty() ? "" : ", ") + known;
  throw Error(ErrorKind::kValue, "known_device", "the name must be one of " + names,
              std::string(name));
}

std::vector<std::string> known_devices() {
  std::vector<std::string> names;
  for (const DeviceFacts& facts : all_devices()) names.push_back(facts.name);
  return names;
}

}  // namespace mla
