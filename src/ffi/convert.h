// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/optional.h>
#include <tvm/ffi/string.h>

#include <cstdint>
#include <optional>

#include "mla/lse.h"
#include "mla/runtime.h"
#include "mla/tensor.h"

// From what Python sends to what the library takes. `where` and `name` are the function and the
// argument that an error speaks of.
namespace mla::ffi {

using FfiTensor = tvm::ffi::TensorView;
using OptionalFfiTensor = tvm::ffi::Optional<tvm::ffi::TensorView>;

TensorView to_view(const char* where, const char* name, const FfiTensor& tensor);
std::optional<TensorView> to_view(const char* where, const char* name,
                                  const OptionalFfiTensor& tensor);

DType to_dtype(const char* where, const char* name, DLDataType dtype);
LseBase to_lse_base(const char* where, const tvm::ffi::String& base);  // "2" or "e"
int to_int(const char* where, const char* name, std::int64_t value);

// PyTorch's current stream of the tensor's device.
Stream current_stream(const TensorView& tensor);

// The one runtime of this process.
Runtime& runtime();

}  // namespace mla::ffi
