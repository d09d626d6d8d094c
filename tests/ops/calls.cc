// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/calls.h"

#include <algorithm>
#include <cstring>

#include "mla/runtime.h"

namespace mla::testing {
namespace {

constexpr std::byte kPoison{0xA5};

Runtime& runtime() {
  static Runtime shared(RuntimeOptions{.num_cpu_threads = 2});
  return shared;
}

}  // namespace

TensorView TensorStore::filled(std::byte fill, DType dtype,
                               std::initializer_list<std::int64_t> shape) {
  TensorView view = contiguous_view(nullptr, dtype, shape);
  buffers_.emplace_back(view.num_elements() * size_bytes(dtype), fill);
  view.data = buffers_.back().data();
  return view;
}

TensorView TensorStore::zeros(DType dtype, std::initializer_list<std::int64_t> shape) {
  return filled(std::byte{0}, dtype, shape);
}

TensorView TensorStore::int32(std::initializer_list<std::int32_t> values) {
  const TensorView view = zeros(DType::kInt32, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), static_cast<std::int32_t*>(view.data));
  return view;
}

TensorView TensorStore::result(DType dtype, std::initializer_list<std::int64_t> shape) {
  const TensorView view = filled(kPoison, dtype, shape);
  results_.push_back(buffers_.size() - 1);
  return view;
}

bool TensorStore::results_are_untouched() const {
  return std::ranges::all_of(results_, [&](std::size_t index) {
    return std::ranges::all_of(buffers_[index], [](std::byte byte) { return byte == kPoison; });
  });
}

DecodeCall::DecodeCall() {
  args.query = store.zeros(DType::kBFloat16, {2, 2, 4, 576});
  args.kv_cache = store.zeros(DType::kBFloat16, {6, 32, 576});
  args.block_tables = store.int32({4, 1, -1, 0, 5, 2});
  args.block_tables = contiguous_view(args.block_tables.data, DType::kInt32, {2, 3});
  args.seq_lens = store.int32({40, 96});
  args.workspace_buffer = store.result(DType::kUInt8, {1 << 20});
  args.out = store.result(DType::kBFloat16, {2, 2, 4, 512});
  args.lse = store.result(DType::kFloat32, {2, 2, 4});
  args.max_seq_len = 96;
  args.softmax_scale = 0.1f;
}

void DecodeCall::run() {
  decode(args, runtime());
}

PrefillCall::PrefillCall() {
  args.query = store.zeros(DType::kBFloat16, {5, 4, 192});
  args.key = store.zeros(DType::kBFloat16, {7, 2, 192});
  args.value = store.zeros(DType::kBFloat16, {7, 2, 128});
  args.out = store.result(DType::kBFloat16, {5, 4, 128});
  args.lse = store.result(DType::kFloat32, {5, 4});
  args.cum_seq_lens_q = store.int32({0, 3, 5});
  args.cum_seq_lens_kv = store.int32({0, 3, 7});
  args.batch = 2;
  args.max_seq_len_q = 3;
  args.max_seq_len_kv = 4;
  args.softmax_scale = 0.1f;
}

void PrefillCall::run() {
  prefill(args, runtime());
}

KvPackCall::KvPackCall() {
  args.k_nope = store.zeros(DType::kBFloat16, {3, 2, 128});
  args.k_pe = store.zeros(DType::kBFloat16, {3, 64});
  args.v = store.zeros(DType::kBFloat16, {3, 2, 128});
  args.k_out = store.result(DType::kFloat8E4M3, {3, 2, 192});
  args.v_out = store.result(DType::kFloat8E4M3, {3, 2, 128});
}

void KvPackCall::run() {
  kv_pack(args, runtime());
}

MergeCall::MergeCall() {
  for (int i = 0; i < 2; ++i) {
    args.partials.push_back({.out = store.zeros(DType::kFloat32, {3, 2, 16}),
                             .lse = store.zeros(DType::kFloat32, {3, 2})});
  }
  args.out = store.result(DType::kBFloat16, {3, 2, 16});
  args.lse = store.result(DType::kFloat32, {3, 2});
}

void MergeCall::run() {
  merge_states(args, runtime());
}

}  // namespace mla::testing
