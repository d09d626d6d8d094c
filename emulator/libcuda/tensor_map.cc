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

CUresult refuse(const char* problem, CUresult result) {
  std::fprintf(stderr, "emulator: tensor map: %s\n", problem);
  return result;
}

// Whether the map is legal, exists on the device and is supported.
CUresult check(const TensorMap& map) {
  if (const char* problem = map.find_problem()) return refuse(problem, kErrorInvalidValue);
  if (map.swizzle > Swizzle::k128B && state().device->compute_major < 10) {
    return refuse("sm_90 has no swizzles of larger pieces", kErrorInvalidValue);
  }
  if (map.interleave != 0) {
    return refuse("interleaved layouts are not supported", kErrorNotSupported);
  }
  return kSuccess;
}

// False when a dimension does not fit the map.
bool set_dimensions(TensorMap& map, const cuuint64_t* dims, const cuuint64_t* stride_bytes,
                    const cuuint32_t* box, const cuuint32_t* element_strides) {
  for (int i = 0; i < map.rank; ++i) {
    if (dims[i] < 1 || dims[i] > uint64_t{1} << 32) return false;
    map.last_index[i] = static_cast<uint32_t>(dims[i] - 1);
    map.box[i] = fit<uint16_t>(box[i], 0);
    map.element_strides[i] = fit<uint8_t>(element_strides[i], 0);
    if (i > 0) map.stride_bytes[i - 1] = stride_bytes[i - 1];
  }
  return true;
}

}  // namespace

CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType data_type, cuuint32_t rank,
                                void* address, const cuuint64_t* dims,
                                const cuuint64_t* stride_bytes, const cuuint32_t* box,
                                const cuuint32_t* element_strides, CUtensorMapInterleave interleave,
                                CUtensorMapSwizzle swizzle, CUtensorMapL2promotion,
                                CUtensorMapFloatOOBfill fill) {
  return guarded([&] {
    const bool is_aligned = reinterpret_cast<uintptr_t>(map) % kTensorMapAlignment == 0;
    const bool has_arrays = dims && box && element_strides && stride_bytes;
    const bool is_known_fill = fill == kOutOfBoundsZero || fill == kOutOfBoundsNan;
    if (!map || !is_aligned || !has_arrays || !is_known_fill) return kErrorInvalidValue;
    if (rank < 1 || rank > kMaxTensorRank) return kErrorInvalidValue;
    TensorMap encoded;
    encoded.magic = TensorMap::kMagic;
    encoded.rank = static_cast<uint8_t>(rank);
    encoded.data_type = fit<uint8_t, int>(data_type, 0xff);
    encoded.interleave = fit<uint8_t, int>(interleave, 0xff);
    encoded.swizzle = static_cast<Swizzle>(fit<uint8_t, int>(swizzle, 0xff));
    encoded.fills_nan = fill == kOutOfBoundsNan;
    encoded.address = reinterpret_cast<uint64_t>(address);
    if (!set_dimensions(encoded, dims, stride_bytes, box, element_strides)) {
      return kErrorInvalidValue;
    }
    if (const CUresult result = check(encoded); result != kSuccess) return result;
    *map = {};
    std::memcpy(map->opaque, &encoded, sizeof encoded);
    return kSuccess;
  });
}

}  // namespace emulator::libcuda
