// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/memory.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace mla {
namespace {

// User-space addresses of today's processors end here.
constexpr std::int64_t kAddressSpaceBytes = std::int64_t{1} << 57;

// a * b + c, or nothing above the address space.
std::optional<std::int64_t> multiply_add(std::int64_t a, std::int64_t b, std::int64_t c) {
  std::int64_t product = 0;
  std::int64_t sum = 0;
  if (__builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(product, c, &sum)) return {};
  if (sum > kAddressSpaceBytes) return {};
  return sum;
}

// The tensor's bytes lie in [begin, begin + run) + any multiple of period.
struct Comb {
  std::int64_t run = 0;     // bytes of the last dimension
  std::int64_t period = 0;  // greatest common divisor of the other dimensions' strides
};

Comb comb_of(const TensorView& tensor) {
  const int last = tensor.rank - 1;
  const std::int64_t element_bytes = size_bytes(tensor.dtype);
  if (last < 0) return {.run = element_bytes};
  Comb comb{.run = ((tensor.shape[last] - 1) * tensor.strides[last] + 1) * element_bytes};
  for (int i = 0; i < last; ++i) {
    if (tensor.shape[i] > 1) comb.period = std::gcd(comb.period, tensor.strides[i] * element_bytes);
  }
  return comb;
}

// Whether b's runs lie in the gaps between a's.
bool interleave(const TensorView& a, const TensorView& b, std::int64_t offset_bytes) {
  const Comb comb_a = comb_of(a);
  const Comb comb_b = comb_of(b);
  const std::int64_t period = std::gcd(comb_a.period, comb_b.period);
  if (period == 0) return false;
  const std::int64_t phase = (offset_bytes % period + period) % period;
  return phase >= comb_a.run && phase + comb_b.run <= period;
}

// Elements spanned by the dimensions that nest in dimension `outer`: those of smaller strides.
std::int64_t span_inside(const TensorView& tensor, int outer) {
  std::int64_t span = 1;
  for (int i = 0; i < tensor.rank; ++i) {
    const bool is_inner = tensor.strides[i] < tensor.strides[outer] ||
                          (tensor.strides[i] == tensor.strides[outer] && i > outer);
    if (is_inner) span += (tensor.shape[i] - 1) * tensor.strides[i];
  }
  return span;
}

}  // namespace

std::optional<std::int64_t> span_bytes(const TensorView& tensor) {
  std::optional<std::int64_t> last_element = 0;
  std::optional<std::int64_t> elements = 1;
  bool is_empty = false;
  for (int i = 0; i < tensor.rank; ++i) {
    is_empty = is_empty || tensor.shape[i] == 0;
    const std::int64_t extent = std::max<std::int64_t>(tensor.shape[i], 1);
    elements = multiply_add(*elements, extent, 0);
    last_element = multiply_add(extent - 1, tensor.strides[i], *last_element);
    if (!elements || !last_element) return {};
  }
  const std::int64_t element_bytes = size_bytes(tensor.dtype);
  const auto span = multiply_add(*last_element, element_bytes, element_bytes);
  if (!span || !multiply_add(*elements, element_bytes, 0)) return {};
  return is_empty ? 0 : *span;
}

bool overlaps_itself(const TensorView& tensor) {
  if (span_bytes(tensor) == 0) return false;
  for (int i = 0; i < tensor.rank; ++i) {
    if (tensor.shape[i] > 1 && tensor.strides[i] < span_inside(tensor, i)) return true;
  }
  return false;
}

bool may_overlap(const TensorView& a, const TensorView& b) {
  const auto offset = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(b.data) -
                                                reinterpret_cast<std::uintptr_t>(a.data));
  const TensorView& first = offset >= 0 ? a : b;
  const TensorView& second = offset >= 0 ? b : a;
  if (std::abs(offset) >= span_bytes(first).value_or(kAddressSpaceBytes)) return false;
  return span_bytes(second) != 0 && !interleave(a, b, offset);
}

int vector_elements(const TensorView& tensor, int most) {
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
  std::uintptr_t all = address / static_cast<std::uintptr_t>(size_bytes(tensor.dtype));
  for (int i = 0; i + 1 < tensor.rank; ++i) {
    if (tensor.shape[i] > 1) all |= static_cast<std::uintptr_t>(tensor.strides[i]);
  }
  int vector = most;
  while (all % static_cast<std::uintptr_t>(vector) != 0) vector /= 2;
  return vector;
}

}  // namespace mla
