// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <functional>

#include "tests/emulator/silicon/cases.h"
#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using namespace mla::driver;

struct Change {
  const char* name;
  std::function<void(TensorRequest&)> apply;
};

// Each changes one thing of a legal request: a matrix of f16, 100 x 20, boxes of 64 x 8.
const Change kChanges[] = {
    {"legal", [](TensorRequest&) {}},
    {"box_0", [](TensorRequest& map) { map.box[1] = 0; }},
    {"box_256", [](TensorRequest& map) { map.box[1] = 256; }},
    {"box_257", [](TensorRequest& map) { map.box[1] = 257; }},
    {"inner_box_256", [](TensorRequest& map) { map.box[0] = 256; }},
    {"inner_box_264", [](TensorRequest& map) { map.box[0] = 264; }},
    {"inner_box_60", [](TensorRequest& map) { map.box[0] = 60; }},
    {"box_beyond_tensor", [](TensorRequest& map) { map.dims = {8, 2}; }},
    {"dim_0", [](TensorRequest& map) { map.dims[1] = 0; }},
    {"dim_2_to_32", [](TensorRequest& map) { map.dims[1] = uint64_t{1} << 32; }},
    {"dim_beyond_2_to_32", [](TensorRequest& map) { map.dims[1] = (uint64_t{1} << 32) + 1; }},
    {"stride_8", [](TensorRequest& map) { map.stride_bytes[0] = 216; }},
    {"stride_zero", [](TensorRequest& map) { map.stride_bytes[0] = 0; }},
    {"stride_small", [](TensorRequest& map) { map.stride_bytes[0] = 16; }},
    {"stride_below_2_to_40",
     [](TensorRequest& map) { map.stride_bytes[0] = (uint64_t{1} << 40) - 16; }},
    {"stride_2_to_40", [](TensorRequest& map) { map.stride_bytes[0] = uint64_t{1} << 40; }},
    {"address_8", [](TensorRequest& map) { map.address_offset = 8; }},
    {"address_16", [](TensorRequest& map) { map.address_offset = 16; }},
    {"step_0", [](TensorRequest& map) { map.steps = {1, 0}; }},
    {"step_8", [](TensorRequest& map) { map.steps = {1, 8}; }},
    {"step_9", [](TensorRequest& map) { map.steps = {1, 9}; }},
    {"inner_step_2", [](TensorRequest& map) { map.steps = {2, 1}; }},
    {"inner_step_0", [](TensorRequest& map) { map.steps = {0, 1}; }},
    {"swizzle32_wide", [](TensorRequest& map) { map.swizzle = kSwizzle32B; }},
    {"swizzle64_wide", [](TensorRequest& map) { map.swizzle = kSwizzle64B; }},
    {"swizzle128_full", [](TensorRequest& map) { map.swizzle = kSwizzle128B; }},
    {"swizzle128_wide",
     [](TensorRequest& map) {
       map.swizzle = kSwizzle128B;
       map.box[0] = 72;
     }},
    {"swizzle_atom32", [](TensorRequest& map) { map.swizzle = kSwizzle128BAtom32B; }},
    {"swizzle_flip", [](TensorRequest& map) { map.swizzle = kSwizzle128BAtom32BFlip8B; }},
    {"swizzle_atom64", [](TensorRequest& map) { map.swizzle = kSwizzle128BAtom64B; }},
    {"swizzle_7", [](TensorRequest& map) { map.swizzle = static_cast<CUtensorMapSwizzle>(7); }},
    {"nan_f16", [](TensorRequest& map) { map.fill = kOutOfBoundsNan; }},
    {"nan_u16",
     [](TensorRequest& map) {
       map.fill = kOutOfBoundsNan;
       map.data_type = kTensorMapUint16;
     }},
    {"nan_tf32",
     [](TensorRequest& map) {
       map.fill = kOutOfBoundsNan;
       map.data_type = kTensorMapTFloat32;
     }},
    {"fill_2", [](TensorRequest& map) { map.fill = static_cast<CUtensorMapFloatOOBfill>(2); }},
    {"type_16", [](TensorRequest& map) { map.data_type = static_cast<CUtensorMapDataType>(16); }},
    {"interleave_rank_2", [](TensorRequest& map) { map.interleave = kInterleave16B; }},
    {"interleave_3",
     [](TensorRequest& map) { map.interleave = static_cast<CUtensorMapInterleave>(3); }},
    {"rank_0",
     [](TensorRequest& map) {
       map.dims.clear();
       map.stride_bytes.clear();
     }},
    {"rank_5",
     [](TensorRequest& map) {
       map.dims = {64, 2, 3, 4, 5};
       map.stride_bytes = {128, 256, 768, 3072};
       map.box = {64, 1, 2, 1, 1};
     }},
    {"rank_6",
     [](TensorRequest& map) {
       map.dims = {64, 2, 3, 4, 5, 6};
       map.stride_bytes = {128, 256, 768, 3072, 15360};
       map.box = {64, 1, 2, 1, 1, 1};
     }},
    {"falling_strides",
     [](TensorRequest& map) {
       map.dims = {64, 4, 4};
       map.stride_bytes = {512, 128};
       map.box = {64, 2, 2};
     }},
};

}  // namespace

std::vector<SiliconCase> tensor_map_cases() {
  std::vector<SiliconCase> cases;
  for (const Change& change : kChanges) {
    SiliconCase one;
    one.name = std::string("map_") + change.name;
    one.map = padded_tensor(kTensorMapFloat16, {100, 20}, {64, 8});
    one.input.assign(4096, 0);
    one.output.assign(16, 0);
    change.apply(*one.map);
    cases.push_back(one);
  }
  return cases;
}

}  // namespace emulator::silicon
