// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/merge_call.h"

#include "mla/merge.h"

namespace mla::test {
namespace {

// [rows, heads, d]
TensorView out_rows(const TensorView& view) {
  if (view.rank == 3) return view;
  return contiguous_view(view.data, view.dtype,
                         {view.shape[0] * view.shape[1], view.shape[2], view.shape[3]},
                         view.device);
}

// [rows, heads]
TensorView lse_rows(const TensorView& view) {
  if (view.rank == 2) return view;
  return contiguous_view(view.data, view.dtype, {view.shape[0] * view.shape[1], view.shape[2]},
                         view.device);
}

}  // namespace

Result run_merge(const std::vector<Result>& partials, DType out_dtype, LseBase base,
                 Target& target) {
  Result result{HostTensor(out_dtype, partials.at(0).out.shape()),
                HostTensor(DType::kFloat32, partials.at(0).lse.shape())};
  MergeArgs args{.partials = {},
                 .out = out_rows(target.upload(result.out)),
                 .lse = lse_rows(target.upload(result.lse)),
                 .lse_base = base};
  for (const Result& partial : partials) {
    args.partials.push_back(
        {.out = out_rows(target.upload(partial.out)), .lse = lse_rows(target.upload(partial.lse))});
  }
  merge_states(args, target.runtime());
  target.download(result.out);
  target.download(result.lse);
  return result;
}

}  // namespace mla::test
