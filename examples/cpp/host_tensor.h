// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <random>
#include <vector>

#include <mla/tensor.h>

// A contiguous tensor in host memory; the library itself owns none.
class HostTensor {
 public:
  HostTensor(mla::DType dtype, std::initializer_list<std::int64_t> shape)
      : view_(mla::contiguous_view(nullptr, dtype, shape)),
        bytes_(view_.num_elements() * mla::size_bytes(dtype)) {
    view_.data = bytes_.data();
  }
  HostTensor(HostTensor&&) = default;

  const mla::TensorView& view() const { return view_; }
  std::int64_t size() const { return view_.num_elements(); }

  template <typename T>
  T* data() {
    return reinterpret_cast<T*>(bytes_.data());
  }

  // A bfloat16 is the upper half of a float32.
  float bfloat16_at(std::int64_t index) {
    return std::bit_cast<float>(std::uint32_t{data<std::uint16_t>()[index]} << 16);
  }

 private:
  mla::TensorView view_;
  std::vector<std::byte> bytes_;
};

// Normally distributed bfloat16 numbers.
inline HostTensor random_bfloat16(std::initializer_list<std::int64_t> shape,
                                  std::mt19937_64& random) {
  HostTensor tensor(mla::DType::kBFloat16, shape);
  std::normal_distribution<float> normal;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data<std::uint16_t>()[i] = std::bit_cast<std::uint32_t>(normal(random)) >> 16;
  }
  return tensor;
}

// FP8 numbers of either sign between 1/8 and 2: e4m3 keeps sign, 4 exponent bits, 3 mantissa bits.
inline HostTensor random_float8(std::initializer_list<std::int64_t> shape,
                                std::mt19937_64& random) {
  HostTensor tensor(mla::DType::kFloat8E4M3, shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const std::uint64_t bits = random();
    const std::uint64_t exponent = 4 + (bits >> 3) % 4;
    tensor.data<std::uint8_t>()[i] = (bits & 0x80) | exponent << 3 | (bits & 0x07);
  }
  return tensor;
}

inline HostTensor int32_tensor(const std::vector<std::int32_t>& values,
                               std::initializer_list<std::int64_t> shape) {
  HostTensor tensor(mla::DType::kInt32, shape);
  std::memcpy(tensor.data<std::int32_t>(), values.data(), values.size() * sizeof(std::int32_t));
  return tensor;
}
