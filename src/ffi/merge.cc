// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/merge.h"

#include <tvm/ffi/container/array.h>

#include "check.h"
#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {

using FfiTensors = tvm::ffi::Array<tvm::ffi::Tensor>;

void merge_states(FfiTensors outs, FfiTensors lses, FfiTensor out, OptionalFfiTensor lse,
                  tvm::ffi::String lse_base, bool enable_pdl) {
  const char* where = "merge_states";
  MLA_CHECK(outs.size() == lses.size(), ErrorKind::kValue, where,
            "there must be one lse per out: " + std::to_string(outs.size()), lses.size());
  MergeArgs args;
  for (std::size_t i = 0; i < outs.size(); ++i) {
    args.partials.push_back({.out = to_view(where, "partial out", FfiTensor(outs[i])),
                             .lse = to_view(where, "partial lse", FfiTensor(lses[i]))});
  }
  args.out = to_view(where, "out", out);
  args.lse = to_view(where, "lse", lse);
  args.lse_base = to_lse_base(where, lse_base);
  args.enable_pdl = enable_pdl;
  mla::merge_states(args, runtime(), current_stream(args.out));
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(merge_states)
