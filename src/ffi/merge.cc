// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/merge.h"

#include <tvm/ffi/container/array.h>

#include <algorithm>
#include <string>

#include "check.h"
#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {
namespace {

using FfiTensors = tvm::ffi::Array<tvm::ffi::Tensor>;

constexpr const char* kWhere = "merge_states";

// `tensor` with its first two dimensions made one.
TensorView fold_first_two(const char* name, const TensorView& tensor) {
  const auto& shape = tensor.shape;
  const auto& strides = tensor.strides;
  const bool is_walked_by_one_stride =
      shape[0] <= 1 || shape[1] <= 1 || strides[0] == shape[1] * strides[1];
  MLA_CHECK(is_walked_by_one_stride, ErrorKind::kValue, kWhere,
            std::string(name) + " must have leading dimensions that one stride can walk",
            "strides " + std::to_string(strides[0]) + " and " + std::to_string(strides[1]));
  TensorView folded = tensor;
  folded.rank = tensor.rank - 1;
  std::copy(shape.begin() + 1, shape.end(), folded.shape.begin());
  std::copy(strides.begin() + 1, strides.end(), folded.strides.begin());
  folded.shape[0] = shape[0] * shape[1];
  if (shape[1] == 1) folded.strides[0] = strides[0];
  return folded;
}

// [rows, heads] or [batch, rows, heads], and d after them where `inner` is 1, without the batch.
// All tensors of a call begin with the same dimensions as `first`, which is one with d.
TensorView to_rows(const char* name, const FfiTensor& tensor, const FfiTensor& first, int inner) {
  const TensorView view = to_view(kWhere, name, tensor);
  const int leading = first.ndim() - 1;
  bool begins_alike = view.rank == leading + inner;
  for (int i = 0; i < leading && begins_alike; ++i) begins_alike = view.shape[i] == first.size(i);
  MLA_CHECK(begins_alike, ErrorKind::kValue, kWhere,
            std::string(name) + " must begin with the dimensions of the first of outs",
            to_string(view));
  return leading == 3 ? fold_first_two(name, view) : view;
}

}  // namespace

void merge_states(FfiTensors outs, FfiTensors lses, FfiTensor out, OptionalFfiTensor lse,
                  tvm::ffi::String lse_base, bool enable_pdl) {
  MLA_CHECK(outs.size() == lses.size() && !outs.empty(), ErrorKind::kValue, kWhere,
            "there must be one lse per out, and one at least: " + std::to_string(outs.size()),
            lses.size());
  const FfiTensor first(outs[0]);
  MergeArgs args;
  args.partials.reserve(outs.size());
  for (std::size_t i = 0; i < outs.size(); ++i) {
    args.partials.push_back({.out = to_rows("each of outs", FfiTensor(outs[i]), first, 1),
                             .lse = to_rows("each of lses", FfiTensor(lses[i]), first, 0)});
  }
  args.out = to_rows("out", out, first, 1);
  if (lse.has_value()) args.lse = to_rows("lse", *lse, first, 0);
  args.lse_base = to_lse_base(kWhere, lse_base);
  args.enable_pdl = enable_pdl;
  mla::merge_states(args, runtime(), current_stream(args.out));
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(merge_states)
