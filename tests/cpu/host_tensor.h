// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "cpu/rows.h"
#include "mla/tensor.h"

namespace mla::cpu {

// A tensor that owns its bytes. They start as 0xFF: NaN in every floating-point type, an absurd
// index in an integer one, so that whatever reads or leaves what it should not is found out.
class HostTensor {
 public:
  // `padding` elements lie unused behind every index of the first dimension.
  HostTensor(DType dtype, std::vector<std::int64_t> shape, std::int64_t padding = 0)
      : view_(contiguous_view(nullptr, dtype, {})) {
    view_.rank = int(shape.size());
    std::int64_t stride = 1;
    for (int i = view_.rank - 1; i >= 0; --i) {
      view_.shape[i] = shape[i];
      view_.strides[i] = i == 0 ? stride + padding : stride;
      stride *= shape[i];
    }
    bytes_.resize((view_.shape[0] * view_.strides[0] + 1) * size_bytes(dtype), 0xFF);
  }

  TensorView view() {
    view_.data = bytes_.data();
    return view_;
  }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  std::int64_t offset(std::vector<std::int64_t> index) const {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < index.size(); ++i) offset += index[i] * view_.strides[i];
    return offset;
  }

  // A floating-point element; rows_test shows that to_float and from_float can be relied on.
  double get(std::vector<std::int64_t> index) const {
    float value;
    to_float(view_.dtype, &bytes_[offset(index) * size_bytes(view_.dtype)], &value, 1);
    return value;
  }
  void set(std::vector<std::int64_t> index, float value) {
    from_float(&value, 1.0f, view_.dtype, &bytes_[offset(index) * size_bytes(view_.dtype)], 1);
  }

  std::int32_t& int_at(std::vector<std::int64_t> index) {
    return reinterpret_cast<std::int32_t*>(bytes_.data())[offset(index)];
  }

  // Fills the last dimension at an index of the others with normally distributed numbers.
  void fill_row(std::vector<std::int64_t> index, std::mt19937& random, float deviation = 1.0f) {
    std::normal_distribution<float> normal(0.0f, deviation);
    index.push_back(0);
    for (; index.back() < view_.shape[view_.rank - 1]; ++index.back()) set(index, normal(random));
  }

  // Every row of a tensor of 3 dimensions, or of 4.
  void fill(std::mt19937& random, float deviation = 1.0f) {
    for (std::int64_t i = 0; i < view_.shape[0]; ++i) {
      for (std::int64_t j = 0; j < view_.shape[1]; ++j) {
        if (view_.rank == 3) fill_row({i, j}, random, deviation);
        for (std::int64_t k = 0; view_.rank == 4 && k < view_.shape[2]; ++k) {
          fill_row({i, j, k}, random, deviation);
        }
      }
    }
  }

 private:
  TensorView view_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace mla::cpu
