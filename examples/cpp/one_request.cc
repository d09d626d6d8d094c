// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// The attention of one request on the CPU: its prompt's K and V are packed to FP8, the prompt is
// prefilled, and one more token is decoded over a paged latent cache. All numbers are random.

#include <mla/decode.h>
#include <mla/error.h>
#include <mla/kv_pack.h>
#include <mla/prefill.h>
#include <mla/runtime.h>

#include <cmath>
#include <cstdio>
#include <random>

#include "host_tensor.h"

namespace {

constexpr int kPromptTokens = 100;
constexpr int kHeads = 4;
constexpr int kPageSize = 32;

// Up-projected K and V of the prompt, cast to FP8 in one pass.
struct PackedKv {
  HostTensor k{mla::DType::kFloat8E4M3, {kPromptTokens, kHeads, 192}};
  HostTensor v{mla::DType::kFloat8E4M3, {kPromptTokens, kHeads, 128}};
};

PackedKv pack(std::mt19937_64& random, mla::Runtime& runtime) {
  const HostTensor k_nope = random_bfloat16({kPromptTokens, kHeads, 128}, random);
  const HostTensor k_pe = random_bfloat16({kPromptTokens, 64}, random);
  const HostTensor v = random_bfloat16({kPromptTokens, kHeads, 128}, random);
  PackedKv packed;
  mla::kv_pack({.k_nope = k_nope.view(),
                .k_pe = k_pe.view(),
                .v = v.view(),
                .k_out = packed.k.view(),
                .v_out = packed.v.view()},
               runtime);
  return packed;
}

void print_row(const char* name, HostTensor& out, HostTensor& lse, std::int64_t row) {
  const std::int64_t width = out.view().shape[out.view().rank - 1];
  std::printf("%-8s out[0:4] = %7.4f %7.4f %7.4f %7.4f   lse = %.4f\n", name,
              out.bfloat16_at(row * width), out.bfloat16_at(row * width + 1),
              out.bfloat16_at(row * width + 2), out.bfloat16_at(row * width + 3),
              lse.data<float>()[row]);
}

// Causal attention of the prompt over itself; prints the last token's first head.
void prefill(const PackedKv& packed, std::mt19937_64& random, mla::Runtime& runtime) {
  const HostTensor query = random_float8({kPromptTokens, kHeads, 192}, random);
  const HostTensor cum_seq_lens = int32_tensor({0, kPromptTokens}, {2});
  HostTensor out(mla::DType::kBFloat16, {kPromptTokens, kHeads, 128});
  HostTensor lse(mla::DType::kFloat32, {kPromptTokens, kHeads});
  mla::prefill({.query = query.view(),
                .key = packed.k.view(),
                .value = packed.v.view(),
                .out = out.view(),
                .cum_seq_lens_kv = cum_seq_lens.view(),
                .cum_seq_lens_q = cum_seq_lens.view(),
                .lse = lse.view(),
                .batch = 1,
                .max_seq_len_q = kPromptTokens,
                .max_seq_len_kv = kPromptTokens,
                .softmax_scale = 1.0f / std::sqrt(192.0f)},
               runtime);
  print_row("prefill", out, lse, (kPromptTokens - 1) * kHeads);
}

// One new token over the 101 tokens of the cache; its four pages lie in any order.
void decode(std::mt19937_64& random, mla::Runtime& runtime) {
  const HostTensor query = random_bfloat16({1, 1, kHeads, 576}, random);
  const HostTensor kv_cache = random_bfloat16({8, kPageSize, 576}, random);
  const HostTensor block_tables = int32_tensor({5, 2, 7, 0}, {1, 4});
  const HostTensor seq_lens = int32_tensor({kPromptTokens + 1}, {1});
  HostTensor out(mla::DType::kBFloat16, {1, 1, kHeads, 512});
  HostTensor lse(mla::DType::kFloat32, {1, 1, kHeads});

  const mla::DecodeProblem problem{.dtype = mla::DType::kBFloat16,
                                   .num_heads = kHeads,
                                   .page_size = kPageSize,
                                   .max_seq_len = kPromptTokens + 1,
                                   .has_lse = true};
  const std::int64_t workspace_bytes =
      mla::decode_workspace_size(problem, runtime.device(mla::Device{}));
  const HostTensor workspace(mla::DType::kUInt8, {workspace_bytes});
  mla::decode({.query = query.view(),
               .kv_cache = kv_cache.view(),
               .block_tables = block_tables.view(),
               .seq_lens = seq_lens.view(),
               .workspace_buffer = workspace.view(),
               .out = out.view(),
               .lse = lse.view(),
               .max_seq_len = problem.max_seq_len,
               .softmax_scale = 1.0f / std::sqrt(192.0f)},
              runtime);
  print_row("decode", out, lse, 0);
}

// Planning needs no device: what an H200 would do with a batch of four at 80K tokens.
void print_plan() {
  const mla::DecodeProblem problem{.dtype = mla::DType::kFloat8E4M3,
                                   .batch = 4,
                                   .q_len = 4,
                                   .num_heads = 16,
                                   .max_seq_len = 80 * 1024};
  std::printf("\n%s", to_string(mla::explain(problem, mla::known_device("H200"))).c_str());
}

}  // namespace

int main() {
  try {
    std::mt19937_64 random(1);
    mla::Runtime runtime;
    const PackedKv packed = pack(random, runtime);
    prefill(packed, random, runtime);
    decode(random, runtime);
    print_plan();
  } catch (const mla::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
