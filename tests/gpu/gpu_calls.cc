// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "gpu/gpu_calls.h"

#include <cmath>
#include <cstring>

#include "ops/memory.h"

namespace mla::test {
namespace {

KvPackOutputs empty_results(const Case& c) {
  const Shape rows = {c.get<std::int64_t>("num_tokens"), c.get<std::int64_t>("num_heads")};
  const std::int64_t nope = c.get<std::int64_t>("nope_dim");
  const std::int64_t rope = c.get<std::int64_t>("rope_dim");
  return {HostTensor(c.dtype("out_dtype"), {rows[0], rows[1], nope + rope}),
          HostTensor(c.dtype("out_dtype"), {rows[0], rows[1], c.get<std::int64_t>("v_dim")})};
}

void copy_storage(const HostTensor& from, HostTensor& to) {
  std::memcpy(to.view().data, from.view().data,
              static_cast<std::size_t>(span_bytes(from.view()).value()));
}

}  // namespace

KvPackCall::KvPackCall(const Case& c, GpuTarget& gpu)
    : gpu_(gpu), inputs_(make_kv_pack_inputs(c)), results_(empty_results(c)) {
  args_ = {.k_nope = gpu.upload(inputs_.k_nope),
           .k_pe = gpu.upload(inputs_.k_pe),
           .v = gpu.upload(inputs_.v),
           .k_out = gpu.upload(results_.k),
           .v_out = gpu.upload(results_.v),
           .k_scale_inv = c.get<float>("k_scale_inv"),
           .v_scale_inv = c.get<float>("v_scale_inv"),
           .enable_pdl = c.get<bool>("enable_pdl")};
}

void KvPackCall::run(const gpu::Stream& stream, bool enable_pdl) {
  args_.enable_pdl = enable_pdl;
  kv_pack(args_, gpu_.runtime(), {stream.handle()});
}

KvPackOutputs& KvPackCall::download() {
  gpu_.download(results_.k);
  gpu_.download(results_.v);
  return results_;
}

void KvPackCall::poison_results() {
  results_.k.poison(std::nan(""));
  results_.v.poison(std::nan(""));
  gpu_.upload_again(results_.k);
  gpu_.upload_again(results_.v);
}

void KvPackCall::replace_inputs(const KvPackInputs& inputs) {
  copy_storage(inputs.k_nope, inputs_.k_nope);
  copy_storage(inputs.k_pe, inputs_.k_pe);
  copy_storage(inputs.v, inputs_.v);
  gpu_.upload_again(inputs_.k_nope);
  gpu_.upload_again(inputs_.k_pe);
  gpu_.upload_again(inputs_.v);
}

MergeCall::MergeCall(const Case& c, GpuTarget& gpu)
    : gpu_(gpu),
      inputs_(make_merge_inputs(c)),
      results_{HostTensor(c.dtype("out_dtype"), inputs_.outs.at(0).shape()),
               HostTensor(DType::kFloat32, inputs_.lses.at(0).shape())} {
  args_.out = gpu.upload(results_.out);
  args_.lse = gpu.upload(results_.lse);
  args_.lse_base = c.lse_base();
  for (std::size_t i = 0; i < inputs_.outs.size(); ++i) {
    args_.partials.push_back({gpu.upload(inputs_.outs[i]), gpu.upload(inputs_.lses[i])});
  }
}

void MergeCall::run(const gpu::Stream& stream, bool enable_pdl) {
  args_.enable_pdl = enable_pdl;
  merge_states(args_, gpu_.runtime(), {stream.handle()});
}

MergeCall::Results& MergeCall::download() {
  gpu_.download(results_.out);
  gpu_.download(results_.lse);
  return results_;
}

}  // namespace mla::test
