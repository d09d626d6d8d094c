// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstring>

#include "emulator/libcuda/state.h"
#include "emulator/units/tensor_map.h"

namespace emulator::libcuda {
namespace {

// Values that do not fit their field become one that find_problem reports.
template <typename Narrow, typename Wide>
Narrow fit(Wide value, Narrow illegal) {
  return static_cast<Wide>(static_cast<Narrow>(value)) == value ? static_cast<Narrow>(value)
                                                                : illegal;
}

}  // namespace

CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType data_type, cuuint32_t rank,
                                void* address, const cuuint64_t* dims,
                                const cuuint64_t* stride_bytes, const cuuint32_t* box,
                                const cuuint32_t* element_strides, CUtensorMapInterleave interleave,
                                CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
                                CUtensorMapFloatOOBfill fill) {
  return guarded([&] {
    const bool has_arrays = dims && box && element_strides && (stride_bytes || rank == 1);
    if (fill != kOutOfBoundsZero && fill != kOutOfBoundsNan) return kErrorInvalidValue;
    const bool is_aligned = reinterpret_cast<uintptr_t>(map) % kTensorMapAlignment == 0;
    if (!map || !is_aligned || !has_arrays || rank < 1 || rank > kMaxTensorRank) {
      return kErrorInvalidValue;
    }
    TensorMap encoded;
    encoded.magic = TensorMap::kMagic;
    encoded.rank = static_cast<uint8_t>(rank);
    encoded.data_type = fit<uint8_t, int>(data_type, 0xff);
    encoded.interleave = fit<uint8_t, int>(interleave, 0xff);
    encoded.swizzle = static_cast<Swizzle>(fit<uint8_t, int>(swizzle, 0xff));
    encoded.fills_nan = fill == kOutOfBoundsNan;
    encoded.address = reinterpret_cast<uint64_t>(address);
    for (cuuint32_t i = 0; i < rank; ++i) {
      if (dims[i] < 1 || dims[i] > uint64_t{1} << 32) return kErrorInvalidValue;
      encoded.last_index[i] = static_cast<uint32_t>(dims[i] - 1);
      encoded.box[i] = fit<uint16_t>(box[i], 0);
      encoded.element_strides[i] = fit<uint8_t>(element_strides[i], 0);
      if (i == 0) continue;
      encoded.stride_bytes[i - 1] = stride_bytes[i - 1];
    }
    if (const char* problem = encoded.find_problem()) {
      std::fprintf(stderr, "emulator: tensor map: %s\n", problem);
      return kErrorInvalidValue;
    }
    if (encoded.swizzle > Swizzle::k128B && state().device->compute_major < 10) {
      std::fprintf(stderr, "emulator: tensor map: sm_90 has no swizzles of larger pieces\n");
      return kErrorInvalidValue;
    }
    if (encoded.interleave != 0) {
      std::fprintf(stderr, "emulator: tensor map: interleaved layouts are not supported\n");
      return kErrorNotSupported;
    }
    *map = {};
    std::memcpy(map->opaque, &encoded, sizeof encoded);
    return kSuccess;
  });
}

}  // namespace emulator::libcuda
