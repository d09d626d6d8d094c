// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"

#include <tvm/ffi/string.h>

#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {

Runtime& runtime() {
  // Never destroyed: at exit the interpreter and the driver go down in an order nobody promises.
  static Runtime& instance = *new Runtime;
  return instance;
}

std::int64_t num_cpu_threads() {
  return runtime().num_cpu_threads();
}

tvm::ffi::String version() {
  return MLA_VERSION;
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(num_cpu_threads)
MLA_FFI_EXPORT(version)
