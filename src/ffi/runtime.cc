// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"

#include <dlfcn.h>
#include <tvm/ffi/string.h>

#include <filesystem>
#include <string>

#include "ffi/convert.h"
#include "ffi/export.h"
#include "ops/emulation.h"

namespace mla::ffi {

namespace {

// The folder of Python's packages: tvm-ffi's own library lies in tvm_ffi/lib there.
std::string package_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&TVMFFIGetVersion), &info) == 0) return {};
  return std::filesystem::path(info.dli_fname).parent_path().parent_path().parent_path();
}

}  // namespace

Runtime& runtime() {
  // Never destroyed: at exit the interpreter and the driver go down in an order nobody promises.
  static Runtime& instance = *new Runtime({.package_folder = package_folder()});
  return instance;
}

// Worker threads, or the SMs of the emulated GPU that takes the CPU's place.
std::int64_t num_cpu_workers() {
  return is_emulator_wanted() ? runtime().device(Device{}).num_sms : runtime().num_cpu_threads();
}

tvm::ffi::String version() {
  return MLA_VERSION;
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(num_cpu_workers)
MLA_FFI_EXPORT(version)
