// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "driver/types.h"

namespace mla::driver {

// One pointer for each line of functions.def.
struct Functions {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) result(*symbol) parameters = nullptr;
#include "driver/functions.def"
};

// A CUDA driver found at run time. It stays loaded for the life of the process: unloading one that
// has live contexts is not safe.
class Driver {
 public:
  // The oldest driver interface that has every function of functions.def.
  static constexpr int kMinimumVersion = 12000;

  // `library` is what dlopen takes: "libcuda.so.1" or a path. Throws Error(kRuntime) when there is
  // no such library, when it is older than kMinimumVersion or when it does not start. A driver that
  // starts and sees no device is fine: num_devices() is 0.
  explicit Driver(const std::string& library);

  const Functions* operator->() const { return functions_.get(); }

  int version() const { return version_; }  // 13000 is CUDA 13.0
  int num_devices() const { return num_devices_; }

  // Throws Error(kRuntime) with the driver's own words unless `result` is success. `action` says
  // what was being done, as in "launching kv_pack on cuda:0".
  void check(CUresult result, const std::string& action) const {
    if (result != kSuccess) [[unlikely]]
      fail(result, action);
  }

  // "an illegal memory access was encountered (CUDA_ERROR_ILLEGAL_ADDRESS)"
  std::string describe(CUresult result) const;

 private:
  [[noreturn]] void fail(CUresult result, const std::string& action) const;
  void require_version(const std::string& library, const std::string& missing_symbol);
  void start(const std::string& library);

  std::unique_ptr<Functions> functions_;
  int version_ = 0;
  int num_devices_ = 0;
};

}  // namespace mla::driver
