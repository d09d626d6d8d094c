// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/device_model.h"

namespace emulator {
namespace {

DeviceModel h200() {
  DeviceModel model;
  model.name = "Emulated NVIDIA H200";
  model.target = "sm_90";
  model.compute_major = 9;
  model.num_sms = 132;
  model.memory_bytes = uint64_t{141} << 30;
  model.l2_bytes = uint64_t{50} << 20;
  model.clock_kilohertz = 1980000;
  model.memory_clock_kilohertz = 3201000;
  model.memory_bus_bits = 6144;
  return model;
}

DeviceModel b200() {
  DeviceModel model;
  model.name = "Emulated NVIDIA B200";
  model.target = "sm_100";
  model.compute_major = 10;
  model.num_sms = 148;
  model.memory_bytes = uint64_t{180} << 30;
  model.l2_bytes = uint64_t{126} << 20;
  model.clock_kilohertz = 1965000;
  model.memory_clock_kilohertz = 3996000;
  model.memory_bus_bits = 8192;
  return model;
}

DeviceModel b300() {
  DeviceModel model = b200();
  model.name = "Emulated NVIDIA B300";
  model.target = "sm_103";
  model.compute_minor = 3;
  model.memory_bytes = uint64_t{268} << 30;
  return model;
}

}  // namespace

const DeviceModel* find_device_model(const std::string& target) {
  static const DeviceModel models[] = {h200(), b200(), b300()};
  for (const DeviceModel& model : models) {
    if (model.target == target) return &model;
  }
  return nullptr;
}

}  // namespace emulator
