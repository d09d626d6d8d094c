// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "mla/tensor.h"

// The sentences that the checks of all operations are made of. Each raises Error when it does not
// hold; texts are only put together then, so that a good call pays for comparisons alone.
namespace mla {

// An argument under the name its caller knows it by.
struct NamedTensor {
  std::string_view name;
  const TensorView& view;
};

using Dims = std::initializer_list<std::int64_t>;

// What 16-byte loads of the kernels need; tensors of lengths and sums need their element size only.
inline constexpr std::int64_t kKernelAlignmentBytes = 16;

void expect_rank(const char* where, const NamedTensor& tensor, int rank);
void expect_rank_in(const char* where, const NamedTensor& tensor, int rank, int other_rank);

void expect_dtype(const char* where, const NamedTensor& tensor, DType dtype);
void expect_dtype_in(const char* where, const NamedTensor& tensor,
                     std::initializer_list<DType> dtypes);
void expect_dtype_of(const char* where, const NamedTensor& tensor, const NamedTensor& model);

void expect_device_of(const char* where, const NamedTensor& tensor, const NamedTensor& model);

// `meaning` names the dimensions: "[batch, q_len, num_heads, 512]".
void expect_shape(const char* where, const NamedTensor& tensor, const char* meaning, Dims shape);

// A tensor that can be read: no negative shape or stride, a last stride of 1, a data pointer that
// is there when elements are, and is aligned.
void expect_readable(const char* where, const NamedTensor& tensor,
                     std::int64_t alignment_bytes = 0);  // 0: the size of an element

// A tensor that can be written too: no two elements share memory.
void expect_writable(const char* where, const NamedTensor& tensor,
                     std::int64_t alignment_bytes = 0);

void expect_contiguous(const char* where, const NamedTensor& tensor);

// Nothing that is written may share memory with anything else of the call.
void expect_disjoint(const char* where, const NamedTensor& written, const NamedTensor& other);

// An extent as the int that problems hold; what no problem allows stays out of its range.
int clamped_int(std::int64_t value);

void expect_between(const char* where, std::string_view what, std::int64_t value,
                    std::int64_t smallest, std::int64_t largest);
void expect_finite(const char* where, const char* what, float value);

}  // namespace mla
