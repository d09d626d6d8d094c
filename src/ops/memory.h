// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "mla/tensor.h"

// Which bytes a strided tensor occupies.
namespace mla {

// Bytes from the first element's start to the last element's end; 0 when there is no element,
// nothing when the span exceeds what a process can address. Shape and strides must not be negative.
std::optional<std::int64_t> span_bytes(const TensorView& tensor);

// Whether two index tuples of one tensor may name the same memory. Layouts whose dimensions do not
// nest count as overlapping.
bool overlaps_itself(const TensorView& tensor);

// Whether two tensors of one device may share a byte. Tensors interleaved row by row in one buffer
// (out = rows[:, :512], lse = rows[:, 512:]) are told apart.
bool may_overlap(const TensorView& a, const TensorView& b);

// How many neighbouring elements of the last dimension may always move at once: the largest power
// of two up to `most` that divides the address (in elements) and every other stride.
int vector_elements(const TensorView& tensor, int most);

}  // namespace mla
