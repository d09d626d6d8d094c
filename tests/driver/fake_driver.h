// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "driver/tensor_map.h"
#include "driver/types.h"

// A driver that runs nothing: it records what it is asked and answers as it was told. It is a
// shared library of its own, opened like any driver; a test reaches its state through
// fake_driver().
namespace mla::testing {

struct FakeLaunch {
  driver::CUlaunchConfig config;
  std::vector<driver::CUlaunchAttribute> attributes;
  int first_argument = 0;  // the first four bytes of the kernel's argument
};

struct FakeTensorMap {
  const void* address;
  driver::TensorTile tile;
};

struct FakeDriver {
  std::vector<std::string> calls;                   // every function called, in order
  std::map<std::string, driver::CUresult> results;  // what a function answers; success unless named
  std::map<int, int> attributes;                    // of every device
  std::vector<FakeLaunch> launches;
  std::vector<FakeTensorMap> tensor_maps;
  std::vector<std::string> images;  // first bytes of every image that was loaded
  int version = 13000;
  int num_devices = 2;
  std::string device_name = "NVIDIA H200";
  driver::CUcontext current = nullptr;

  int count(const std::string& function) const {
    int n = 0;
    for (const std::string& call : calls) n += call == function;
    return n;
  }
};

// Records a call and returns the scripted result; for the fake's own files.
driver::CUresult answer(const char* function);

}  // namespace mla::testing

extern "C" mla::testing::FakeDriver* fake_driver();
