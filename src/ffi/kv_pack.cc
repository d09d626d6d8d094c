// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/kv_pack.h"

#include "ffi/convert.h"
#include "ffi/export.h"

namespace mla::ffi {

void kv_pack(FfiTensor k_nope, FfiTensor k_pe, FfiTensor v, FfiTensor k_out, FfiTensor v_out,
             double k_scale_inv, double v_scale_inv, bool enable_pdl) {
  const char* where = "kv_pack";
  const KvPackArgs args{
      .k_nope = to_view(where, "k_nope", k_nope),
      .k_pe = to_view(where, "k_pe", k_pe),
      .v = to_view(where, "v", v),
      .k_out = to_view(where, "k_out", k_out),
      .v_out = to_view(where, "v_out", v_out),
      .k_scale_inv = float(k_scale_inv),
      .v_scale_inv = float(v_scale_inv),
      .enable_pdl = enable_pdl,
  };
  mla::kv_pack(args, runtime(), current_stream(args.k_nope));
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(kv_pack)
