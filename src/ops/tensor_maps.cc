// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/tensor_maps.h"

#include <cstring>
#include <string>

#include "check.h"
#include "plan/element.h"

namespace mla {

TensorMap encode(GpuRuntime& gpu, const void* address, driver::TensorTile tile) {
  tile.data_type = driver::kTensorMapUint8;
  tile.l2_promotion = driver::kL2Promotion128B;
  const driver::CUtensorMap encoded = gpu.tensor_maps().find_or_encode(gpu.driver(), address, tile);
  TensorMap map;
  static_assert(sizeof(map) == sizeof(encoded));
  std::memcpy(&map, &encoded, sizeof(map));
  return map;
}

driver::CUtensorMapSwizzle swizzle_of(driver::cuuint64_t chunk_bytes) {
  return chunk_bytes == 128 ? driver::kSwizzle128B : driver::kSwizzle64B;
}

driver::cuuint64_t stride_bytes(const char* where, const char* name, const TensorView& tensor,
                                int dimension) {
  if (tensor.shape[dimension] <= 1) {
    return driver::cuuint64_t(tensor.shape[tensor.rank - 1] * size_bytes(tensor.dtype));
  }
  const std::int64_t stride = tensor.strides[dimension] * size_bytes(tensor.dtype);
  MLA_CHECK(stride > 0 && stride % 16 == 0, ErrorKind::kNotImplemented, where,
            std::string(name) + "'s strides must be positive multiples of 16 bytes on this device",
            std::to_string(stride) + " bytes");
  return driver::cuuint64_t(stride);
}

void expect_storable(const char* where, const TensorView& out) {
  for (int i = 0; i < out.rank - 1; ++i) {
    MLA_CHECK(out.shape[i] <= 1 || out.strides[i] % 8 == 0, ErrorKind::kNotImplemented, where,
              "out's strides must be multiples of 8 elements on this device", out.strides[i]);
  }
}

}  // namespace mla
