// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/host_tensor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <new>
#include <numeric>
#include <stdexcept>

#include "support/number_format.h"

namespace mla::test {
namespace {

constexpr std::int64_t kPaddingElements = 32;
constexpr std::size_t kGuardBytes = 128;
constexpr std::byte kGuard{0xA5};

Shape packed_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

// Guard zones included; aligned, so that tensors begin where a device allocator would put them.
std::shared_ptr<std::byte> allocate(std::size_t bytes, HostTensor::Storage storage) {
  if (storage == HostTensor::Storage::kPoisoned) {
    const std::align_val_t alignment{kGuardBytes};
    auto* memory = static_cast<std::byte*>(::operator new(bytes, alignment));
    return {memory, [alignment](std::byte* p) { ::operator delete(p, alignment); }};
  }
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return {static_cast<std::byte*>(memory), [bytes](std::byte* p) { munmap(p, bytes); }};
}

}  // namespace

Shape layout_strides(const Shape& shape, const std::string& layout) {
  if (layout == "packed") return packed_strides(shape);
  Shape memory = shape;
  const std::size_t heads = shape.size() - 2;
  if (layout == "padded") {
    memory.back() += kPaddingElements;
    return packed_strides(memory);
  }
  if (layout != "heads_first") throw std::invalid_argument("unknown layout " + layout);
  std::swap(memory[heads], memory[heads - 1]);
  Shape strides = packed_strides(memory);
  std::swap(strides[heads], strides[heads - 1]);
  return strides;
}

Shape coordinates(std::int64_t position, const Shape& shape) {
  Shape at(shape.size());
  for (std::size_t i = shape.size(); i-- > 0;) {
    at[i] = position % shape[i];
    position /= shape[i];
  }
  return at;
}

HostTensor::HostTensor(DType dtype, Shape shape)
    : HostTensor(dtype, shape, packed_strides(shape)) {}

HostTensor::HostTensor(DType dtype, Shape shape, Shape strides, Storage storage)
    : dtype_(dtype), shape_(std::move(shape)), strides_(std::move(strides)) {
  const bool is_empty = num_elements() == 0;
  // A first dimension's whole stride belongs to it, so that padding after the last row exists too.
  const std::int64_t widest = *std::ranges::max_element(strides_);
  std::int64_t elements = is_empty ? 0 : widest;
  for (std::size_t i = 0; i < shape_.size(); ++i) {
    if (!is_empty) elements += (shape_[i] - 1) * strides_[i];
  }
  storage_bytes_ = static_cast<std::size_t>(elements) * size_bytes(dtype);
  storage_ = allocate(storage_bytes_ + 2 * kGuardBytes, storage);
  std::fill_n(storage_.get(), kGuardBytes, kGuard);
  std::fill_n(storage_.get() + kGuardBytes + storage_bytes_, kGuardBytes, kGuard);
  if (storage == Storage::kPoisoned) poison(std::nan(""));
}

void HostTensor::fill(const std::vector<float>& values) {
  const double largest = largest_finite(dtype_);
  for (std::int64_t i = 0; i < num_elements(); ++i) {
    const auto value = static_cast<double>(values.at(i));
    const double clamped = std::isfinite(value) ? std::clamp(value, -largest, largest) : value;
    set(coordinates(i, shape_), clamped);
  }
}

void HostTensor::fill_bytes(std::uint8_t byte) {
  std::fill_n(storage_.get() + kGuardBytes, storage_bytes_, std::byte{byte});
}

void HostTensor::poison(double value) {
  const bool is_float = dtype_ <= DType::kFloat8E5M2;
  const std::uint32_t bits = is_float ? encode_bits(value, dtype_) : 0xFFFFFFFF;
  const int size = size_bytes(dtype_);
  for (std::size_t i = 0; i < storage_bytes_; i += size) {
    std::memcpy(storage_.get() + kGuardBytes + i, &bits, std::min(size, 4));
  }
}

std::int64_t HostTensor::num_elements() const {
  return std::accumulate(shape_.begin(), shape_.end(), std::int64_t{1}, std::multiplies<>());
}

std::byte* HostTensor::element(const Shape& at) const {
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < at.size(); ++i) offset += at[i] * strides_[i];
  return storage_.get() + kGuardBytes + offset * size_bytes(dtype_);
}

std::uint32_t HostTensor::bits(const Shape& at) const {
  std::uint32_t result = 0;
  std::memcpy(&result, element(at), size_bytes(dtype_));
  return result;
}

double HostTensor::value(const Shape& at) const {
  return decode_bits(bits(at), dtype_);
}

void HostTensor::set_bits(const Shape& at, std::uint32_t bits) {
  std::memcpy(element(at), &bits, size_bytes(dtype_));
}

void HostTensor::set(const Shape& at, double value) {
  set_bits(at, encode_bits(value, dtype_));
}

std::vector<double> HostTensor::values() const {
  std::vector<double> result(num_elements());
  for (std::int64_t i = 0; i < num_elements(); ++i) result[i] = value(coordinates(i, shape_));
  return result;
}

HostTensor HostTensor::slice(std::int64_t i) const {
  Shape shape = shape_;
  shape[0] = 1;
  HostTensor result(dtype_, shape);
  for (std::int64_t n = 0; n < result.num_elements(); ++n) {
    const Shape to = coordinates(n, shape);
    Shape from = to;
    from[0] = i;
    result.set_bits(to, bits(from));
  }
  return result;
}

TensorView HostTensor::view() const {
  TensorView result{.data = storage_.get() + kGuardBytes, .dtype = dtype_};
  result.rank = static_cast<int>(shape_.size());
  std::ranges::copy(shape_, result.shape.begin());
  std::ranges::copy(strides_, result.strides.begin());
  return result;
}

bool HostTensor::is_intact() const {
  const auto is_guard = [](std::byte byte) { return byte == kGuard; };
  const std::byte* begin = storage_.get();
  const std::byte* end = begin + kGuardBytes + storage_bytes_;
  return std::all_of(begin, begin + kGuardBytes, is_guard) &&
         std::all_of(end, end + kGuardBytes, is_guard);
}

}  // namespace mla::test
