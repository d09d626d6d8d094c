// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <tvm/ffi/error.h>
#include <tvm/ffi/function.h>

#include <utility>

#include "mla/error.h"

namespace mla::ffi {

// The Python exception that stands for a kind of mistake.
constexpr const char* exception_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kValue: return "ValueError";
    case ErrorKind::kType: return "TypeError";
    case ErrorKind::kNotImplemented: return "NotImplementedError";
    case ErrorKind::kRuntime: break;
  }
  return "RuntimeError";
}

// kFunction with mla::Error turned into the exception that tvm-ffi raises in Python.
template <auto kFunction, typename = decltype(kFunction)>
struct Translated;

template <auto kFunction, typename Return, typename... Args>
struct Translated<kFunction, Return (*)(Args...)> {
  static Return call(Args... args) {
    try {
      return kFunction(std::move(args)...);
    } catch (const Error& error) {
      throw tvm::ffi::Error(exception_name(error.kind()), error.what(), "");
    }
  }
};

}  // namespace mla::ffi

// Exports a function under its own name.
#define MLA_FFI_EXPORT(name) \
  TVM_FFI_DLL_EXPORT_TYPED_FUNC(name, (::mla::ffi::Translated<&::mla::ffi::name>::call))
