// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace mla {

enum class DType : std::uint8_t {
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat8E4M3,  // e4m3fn: no infinity, largest value 448
  kFloat8E5M2,
  kInt32,
  kInt64,
  kInt8,
  kUInt8,
};

int size_bytes(DType dtype);
const char* name(DType dtype);  // as PyTorch spells it: "bfloat16", "float8_e4m3fn"

enum class DeviceType : std::uint8_t { kCpu, kCuda };

struct Device {
  DeviceType type = DeviceType::kCpu;
  int index = 0;

  friend bool operator==(const Device&, const Device&) = default;
};

std::string to_string(const Device& device);  // "cpu", "cuda:1"

// A tensor that somebody else owns. Shapes and strides count elements; a stride may be anything
// that the function it is passed to accepts.
struct TensorView {
  static constexpr int kMaxRank = 4;

  void* data = nullptr;
  DType dtype = DType::kFloat32;
  Device device = {};
  int rank = 0;
  std::array<std::int64_t, kMaxRank> shape = {};
  std::array<std::int64_t, kMaxRank> strides = {};

  std::int64_t num_elements() const;
  bool is_contiguous() const;
};

// A row-major view of `data`.
TensorView contiguous_view(void* data, DType dtype, std::initializer_list<std::int64_t> shape,
                           Device device = {});

std::string to_string(const TensorView& tensor);  // "bfloat16[4, 1, 16, 576] on cuda:0"

}  // namespace mla
