// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/tensor_request.h"

namespace emulator::silicon {
namespace {

using mla::driver::CUtensorMapDataType;

struct TypeFacts {
  const char* name;
  uint32_t bytes;
};

constexpr TypeFacts kTypes[] = {
    {"u8", 1},  {"u16", 2}, {"u32", 4},  {"s32", 4},    {"u64", 8},  {"s64", 8},     {"f16", 2},
    {"f32", 4}, {"f64", 8}, {"bf16", 2}, {"f32ftz", 4}, {"tf32", 4}, {"tf32ftz", 4},
};

}  // namespace

uint32_t element_bytes(CUtensorMapDataType type) {
  return kTypes[type].bytes;
}

std::string type_name(CUtensorMapDataType type) {
  return kTypes[type].name;
}

TensorRequest padded_tensor(CUtensorMapDataType type, std::vector<uint64_t> dims,
                            std::vector<uint32_t> box) {
  TensorRequest map;
  map.data_type = type;
  uint64_t stride = dims[0] * element_bytes(type);
  for (size_t i = 1; i < dims.size(); ++i) {
    stride = (stride + 15) / 16 * 16 + 16;
    map.stride_bytes.push_back(stride);
    stride *= dims[i];
  }
  map.dims = std::move(dims);
  map.box = std::move(box);
  return map;
}

uint64_t tensor_bytes(const TensorRequest& map) {
  uint64_t bytes = map.dims[0] * element_bytes(map.data_type);
  for (size_t i = 1; i < map.dims.size(); ++i) bytes += (map.dims[i] - 1) * map.stride_bytes[i - 1];
  return bytes;
}

uint32_t box_bytes(const TensorRequest& map) {
  uint32_t bytes = map.box[0] * element_bytes(map.data_type);
  for (size_t i = 1; i < map.box.size(); ++i) {
    const uint32_t step = map.steps.empty() ? 1 : map.steps[i];
    bytes *= (map.box[i] + step - 1) / step;
  }
  return bytes;
}

std::string coordinate_list(const std::vector<int32_t>& coordinates) {
  std::string text = "{";
  for (const int32_t c : coordinates) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(c);
  }
  return text + "}";
}

}  // namespace emulator::silicon
