// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mla/tensor.h"

namespace mla::test {

using Shape = std::vector<std::int64_t>;

// How a tensor lies in memory. packed: row-major. padded: each row of features is the head of a
// longer one. heads_first: the last two dimensions before the features are exchanged, as [heads,
// tokens].
Shape layout_strides(const Shape& shape, const std::string& layout);

// A tensor in host memory of any strides, between guard zones; holds poison (NaN) until it is
// filled.
class HostTensor {
 public:
  // kSparse: zeros that take memory only where they are written, however many there are.
  enum class Storage { kPoisoned, kSparse };

  HostTensor(DType dtype, Shape shape);
  HostTensor(DType dtype, Shape shape, Shape strides, Storage storage = Storage::kPoisoned);

  // Rounds and writes row-major values; those beyond the dtype's range become its largest.
  void fill(const std::vector<float>& values);
  void fill_bytes(std::uint8_t byte);
  void poison(double value);  // every byte of the storage, also between the elements

  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  std::int64_t num_elements() const;

  // Elements by coordinates; missing trailing coordinates are 0.
  std::uint32_t bits(const Shape& at) const;
  double value(const Shape& at) const;
  void set_bits(const Shape& at, std::uint32_t bits);
  void set(const Shape& at, double value);

  std::vector<double> values() const;      // row-major
  HostTensor slice(std::int64_t i) const;  // index i of the first dimension, as an own tensor
  TensorView view() const;
  bool is_intact() const;  // whether the guard zones hold what they held

 private:
  std::byte* element(const Shape& at) const;

  DType dtype_;
  Shape shape_;
  Shape strides_;
  std::size_t storage_bytes_ = 0;  // without the guard zones
  std::shared_ptr<std::byte> storage_;
};

// Row-major coordinates of the element at a position.
Shape coordinates(std::int64_t position, const Shape& shape);

}  // namespace mla::test
