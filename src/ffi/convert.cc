// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ffi/convert.h"

#include <tvm/ffi/dtype.h>
#include <tvm/ffi/extra/c_env_api.h>

#include <array>
#include <limits>
#include <string>

#include "check.h"

namespace mla::ffi {
namespace {

struct DTypeRow {
  DLDataTypeCode code;
  int bits;
  DType dtype;
};

constexpr std::array kDTypes = {
    DTypeRow{kDLFloat, 32, DType::kFloat32},
    DTypeRow{kDLFloat, 16, DType::kFloat16},
    DTypeRow{kDLBfloat, 16, DType::kBFloat16},
    DTypeRow{kDLFloat8_e4m3fn, 8, DType::kFloat8E4M3},
    DTypeRow{kDLFloat8_e5m2, 8, DType::kFloat8E5M2},
    DTypeRow{kDLInt, 32, DType::kInt32},
    DTypeRow{kDLInt, 64, DType::kInt64},
    DTypeRow{kDLInt, 8, DType::kInt8},
    DTypeRow{kDLUInt, 8, DType::kUInt8},
};

Device to_device(const char* where, const char* name, DLDevice device) {
  const bool is_cpu = device.device_type == kDLCPU || device.device_type == kDLCUDAHost;
  MLA_CHECK(is_cpu || device.device_type == kDLCUDA, ErrorKind::kValue, where,
            std::string(name) + " must be on the CPU or a CUDA device",
            "DLPack device type " + std::to_string(int(device.device_type)));
  return is_cpu ? Device{} : Device{DeviceType::kCuda, device.device_id};
}

}  // namespace

DType to_dtype(const char* where, const char* name, DLDataType dtype) {
  for (const DTypeRow& row : kDTypes) {
    if (row.code == dtype.code && row.bits == dtype.bits && dtype.lanes == 1) return row.dtype;
  }
  throw Error(ErrorKind::kType, where,
              std::string(name) + " must have a dtype that this library knows",
              std::string(tvm::ffi::DLDataTypeToString(dtype)));
}

TensorView to_view(const char* where, const char* name, const FfiTensor& tensor) {
  MLA_CHECK(tensor.ndim() <= TensorView::kMaxRank, ErrorKind::kValue, where,
            std::string(name) + " must have at most 4 dimensions", tensor.ndim());
  TensorView view{.data = static_cast<std::byte*>(tensor.data_ptr()) + tensor.byte_offset(),
                  .dtype = to_dtype(where, name, tensor.dtype()),
                  .device = to_device(where, name, tensor.device()),
                  .rank = tensor.ndim()};
  for (int i = 0; i < view.rank; ++i) {
    view.shape[i] = tensor.size(i);
    view.strides[i] = tensor.stride(i);
  }
  return view;
}

std::optional<TensorView> to_view(const char* where, const char* name,
                                  const OptionalFfiTensor& tensor) {
  if (!tensor.has_value()) return std::nullopt;
  return to_view(where, name, *tensor);
}

LseBase to_lse_base(const char* where, const tvm::ffi::String& base) {
  if (base == "2") return LseBase::kTwo;
  if (base == "e") return LseBase::kE;
  throw Error(ErrorKind::kValue, where, "lse_base must be \"2\" or \"e\"",
              '"' + std::string(base) + '"');
}

int to_int(const char* where, const char* name, std::int64_t value) {
  using Limits = std::numeric_limits<int>;
  MLA_CHECK(Limits::min() <= value && value <= Limits::max(), ErrorKind::kValue, where,
            std::string(name) + " must fit 32 bits", value);
  return int(value);
}

Stream current_stream(const TensorView& tensor) {
  if (tensor.device.type == DeviceType::kCpu) return {};
  return {TVMFFIEnvGetStream(kDLCUDA, tensor.device.index)};
}

}  // namespace mla::ffi
