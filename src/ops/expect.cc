// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/expect.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "check.h"
#include "ops/memory.h"

namespace mla {
namespace {

std::string about(const NamedTensor& tensor, const std::string& text) {
  return std::string(tensor.name) + " " + text;
}

std::string list(const std::int64_t* values, std::size_t count) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i ? ", " : "") + std::to_string(values[i]);
  return text + "]";
}

std::string shape_text(const TensorView& tensor) {
  return list(tensor.shape.data(), tensor.rank);
}
std::string strides_text(const TensorView& tensor) {
  return list(tensor.strides.data(), tensor.rank);
}

// "float16, bfloat16 or float8_e4m3fn"
std::string alternatives(std::initializer_list<DType> dtypes) {
  std::string text;
  for (const DType* dtype = dtypes.begin(); dtype != dtypes.end(); ++dtype) {
    if (dtype != dtypes.begin()) text += dtype + 1 == dtypes.end() ? " or " : ", ";
    text += name(*dtype);
  }
  return text;
}

bool any_negative(const std::array<std::int64_t, TensorView::kMaxRank>& values, int count) {
  return std::any_of(values.begin(), values.begin() + count, [](auto value) { return value < 0; });
}

std::int64_t alignment_of(const TensorView& tensor, std::int64_t alignment_bytes) {
  return alignment_bytes > 0 ? alignment_bytes : size_bytes(tensor.dtype);
}

}  // namespace

void expect_rank(const char* where, const NamedTensor& tensor, int rank) {
  MLA_CHECK(tensor.view.rank == rank, ErrorKind::kValue, where,
            about(tensor,
                  "must have " + std::to_string(rank) + (rank == 1 ? " dimension" : " dimensions")),
            tensor.view.rank);
}

void expect_rank_in(const char* where, const NamedTensor& tensor, int rank, int other_rank) {
  MLA_CHECK(tensor.view.rank == rank || tensor.view.rank == other_rank, ErrorKind::kValue, where,
            about(tensor, "must have " + std::to_string(rank) + " or " +
                              std::to_string(other_rank) + " dimensions"),
            tensor.view.rank);
}

void expect_dtype(const char* where, const NamedTensor& tensor, DType dtype) {
  expect_dtype_in(where, tensor, {dtype});
}

void expect_dtype_in(const char* where, const NamedTensor& tensor,
                     std::initializer_list<DType> dtypes) {
  MLA_CHECK(std::find(dtypes.begin(), dtypes.end(), tensor.view.dtype) != dtypes.end(),
            ErrorKind::kType, where, about(tensor, "must be " + alternatives(dtypes)),
            tensor.view.dtype);
}

void expect_dtype_of(const char* where, const NamedTensor& tensor, const NamedTensor& model) {
  MLA_CHECK(tensor.view.dtype == model.view.dtype, ErrorKind::kType, where,
            about(tensor, "must be " + std::string(name(model.view.dtype)) + " as " +
                              std::string(model.name) + " is"),
            tensor.view.dtype);
}

void expect_device_of(const char* where, const NamedTensor& tensor, const NamedTensor& model) {
  MLA_CHECK(tensor.view.device == model.view.device, ErrorKind::kValue, where,
            about(tensor, "must be on " + to_string(model.view.device) + " as " +
                              std::string(model.name) + " is"),
            tensor.view.device);
}

void expect_shape(const char* where, const NamedTensor& tensor, const char* meaning, Dims shape) {
  const TensorView& view = tensor.view;
  const bool fits = view.rank == static_cast<int>(shape.size()) &&
                    std::equal(shape.begin(), shape.end(), view.shape.begin());
  MLA_CHECK(
      fits, ErrorKind::kValue, where,
      about(tensor, std::string("must be ") + meaning + " = " + list(shape.begin(), shape.size())),
      shape_text(view));
}

void expect_readable(const char* where, const NamedTensor& tensor, std::int64_t alignment_bytes) {
  const TensorView& view = tensor.view;
  MLA_CHECK(!any_negative(view.shape, view.rank), ErrorKind::kValue, where,
            about(tensor, "must have no negative dimension"), shape_text(view));
  MLA_CHECK(!any_negative(view.strides, view.rank), ErrorKind::kValue, where,
            about(tensor, "must have no negative stride"), strides_text(view));
  const auto span = span_bytes(view);
  MLA_CHECK(span.has_value(), ErrorKind::kValue, where,
            about(tensor, "must fit into the address space"),
            "shape " + shape_text(view) + " with strides " + strides_text(view));
  if (*span == 0) return;
  const int last = view.rank - 1;
  MLA_CHECK(view.shape[last] == 1 || view.strides[last] == 1, ErrorKind::kValue, where,
            about(tensor, "must have a last stride of 1"), view.strides[last]);
  MLA_CHECK(view.data != nullptr, ErrorKind::kValue, where,
            about(tensor, "has elements, so it needs a data pointer"), "null");
  const std::int64_t alignment = alignment_of(view, alignment_bytes);
  const auto misalignment = reinterpret_cast<std::uintptr_t>(view.data) % alignment;
  MLA_CHECK(misalignment == 0, ErrorKind::kValue, where,
            about(tensor, "must start at a multiple of " + std::to_string(alignment) + " bytes"),
            std::to_string(misalignment) + " bytes past one");
}

void expect_writable(const char* where, const NamedTensor& tensor, std::int64_t alignment_bytes) {
  expect_readable(where, tensor, alignment_bytes);
  MLA_CHECK(!overlaps_itself(tensor.view), ErrorKind::kValue, where,
            about(tensor, "must not overlap itself"),
            "shape " + shape_text(tensor.view) + " with strides " + strides_text(tensor.view));
}

void expect_contiguous(const char* where, const NamedTensor& tensor) {
  MLA_CHECK(tensor.view.num_elements() == 0 || tensor.view.is_contiguous(), ErrorKind::kValue,
            where, about(tensor, "must be contiguous"), "strides " + strides_text(tensor.view));
}

void expect_disjoint(const char* where, const NamedTensor& written, const NamedTensor& other) {
  MLA_CHECK(!may_overlap(written.view, other.view), ErrorKind::kValue, where,
            about(written, "must not overlap " + std::string(other.name)), "overlapping memory");
}

int clamped_int(std::int64_t value) {
  using Limits = std::numeric_limits<int>;
  return static_cast<int>(std::clamp<std::int64_t>(value, Limits::min(), Limits::max()));
}

void expect_between(const char* where, std::string_view what, std::int64_t value,
                    std::int64_t smallest, std::int64_t largest) {
  MLA_CHECK(value >= smallest && value <= largest, ErrorKind::kValue, where,
            std::string(what) + " must be between " + std::to_string(smallest) + " and " +
                std::to_string(largest),
            value);
}

void expect_finite(const char* where, const char* what, float value) {
  MLA_CHECK(std::isfinite(value), ErrorKind::kValue, where, std::string(what) + " must be finite",
            value);
}

}  // namespace mla
