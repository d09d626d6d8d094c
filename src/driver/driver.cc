// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "driver/driver.h"

#include <dlfcn.h>

#include "mla/error.h"

namespace mla::driver {
namespace {

constexpr const char* kWhere = "CUDA driver";

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// Fills `functions` and returns the first symbol that the library lacks, or an empty string.
std::string load_functions(void* library, Functions& functions) {
  std::string missing;
#define MLA_DRIVER_FUNCTION(result, symbol, parameters)                               \
  functions.symbol = reinterpret_cast<result(*) parameters>(dlsym(library, #symbol)); \
  if (functions.symbol == nullptr && missing.empty()) missing = #symbol;
#include "driver/functions.def"
  return missing;
}

}  // namespace

Driver::Driver(const std::string& library) : functions_(std::make_unique<Functions>()) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw Error(ErrorKind::kRuntime, kWhere, std::string("none found: ") + dlerror());
  }
  require_version(library, load_functions(handle, *functions_));
  start(library);
}

void Driver::require_version(const std::string& library, const std::string& missing_symbol) {
  if (functions_->cuDriverGetVersion != nullptr) functions_->cuDriverGetVersion(&version_);
  if (version_ != 0 && version_ < kMinimumVersion) {
    throw Error(
        ErrorKind::kRuntime, kWhere,
        library + " is too old: CUDA " + version_text(kMinimumVersion) + " or newer is needed",
        version_text(version_));
  }
  if (!missing_symbol.empty()) {
    throw Error(ErrorKind::kRuntime, kWhere, library + " has no function " + missing_symbol);
  }
}

void Driver::start(const std::string& library) {
  const CUresult started = functions_->cuInit(0);
  if (started == kErrorNoDevice) return;
  check(started, "starting " + library);
  check(functions_->cuDeviceGetCount(&num_devices_), "counting devices");
}

std::string Driver::describe(CUresult result) const {
  const char* text = nullptr;
  const char* symbol = nullptr;
  functions_->cuGetErrorString(result, &text);
  functions_->cuGetErrorName(result, &symbol);
  const std::string number = "error " + std::to_string(int(result));
  return (text ? text : number) + " (" + (symbol ? symbol : number) + ")";
}

void Driver::fail(CUresult result, const std::string& action) const {
  throw Error(ErrorKind::kRuntime, kWhere, action + " failed: " + describe(result));
}

}  // namespace mla::driver
