// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"
#include "driver/tensor_map.h"
#include "ops/gpu_runtime.h"

namespace mla {

// Tensors as the copy engine is told of them: bytes in chunks, which it swizzles.

// The map of a tile at `address`, which is remembered. Tiles count bytes.
TensorMap encode(GpuRuntime& gpu, const void* address, driver::TensorTile tile);

// For rows of a chunk of 64 or 128 bytes.
driver::CUtensorMapSwizzle swizzle_of(driver::cuuint64_t chunk_bytes);

// The copy engine steps in 16 bytes; a dimension of one element is never stepped along. Throws
// Error(kNotImplemented) for a stride that it cannot follow.
driver::cuuint64_t stride_bytes(const char* where, const char* name, const TensorView& tensor,
                                int dimension);

// Kernels store up to eight elements at once. Throws Error(kNotImplemented).
void expect_storable(const char* where, const TensorView& out);

}  // namespace mla
