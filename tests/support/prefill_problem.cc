// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/prefill_problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mla::test {
namespace {

using Lengths = std::vector<std::int64_t>;

constexpr std::int64_t kNopeDim = 128;  // columns of kv_b_proj's output in front of the values

std::int64_t sum(const Lengths& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

// kv_b_proj: each value row is the tail of a row that begins with kNopeDim other columns.
HostTensor value_tensor(DType dtype, const Shape& shape, const std::string& layout) {
  if (layout != "kv_b_proj") return {dtype, shape, layout_strides(shape, layout)};
  const std::int64_t row = kNopeDim + shape[2];
  return {dtype, shape, {shape[1] * row, row, 1}};
}

void poison_and_fill(const Case& c, Stream stream, const char* std_field, HostTensor& tensor) {
  const auto poison = c.get<std::string>("poison");
  tensor.poison(poison == "nan" ? std::nan("") : HUGE_VAL);
  tensor.fill(normals(c.seed, stream, tensor.num_elements(), c.get<double>(std_field)));
}

HostTensor select_rows(const HostTensor& source, const Lengths& rows) {
  HostTensor result(source.dtype(),
                    {static_cast<std::int64_t>(rows.size()), source.shape()[1], source.shape()[2]});
  for (std::int64_t i = 0; i < result.num_elements(); ++i) {
    const Shape at = coordinates(i, result.shape());
    result.set_bits(at, source.bits({rows[at[0]], at[1], at[2]}));
  }
  return result;
}

std::int64_t num_visible(std::int64_t row, std::int64_t q_len, std::int64_t kv_len,
                         bool is_causal) {
  return is_causal ? std::clamp<std::int64_t>(row + 1 + kv_len - q_len, 0, kv_len) : kv_len;
}

}  // namespace

PrefillInputs PrefillInputs::keys(const Lengths& begin, const Lengths& end) const {
  Lengths rows, lens;
  std::int64_t request_begin = 0;
  for (std::size_t b = 0; b < kv_lens.size(); request_begin += kv_lens[b++]) {
    for (std::int64_t k = begin[b]; k < end[b]; ++k) rows.push_back(request_begin + k);
    lens.push_back(end[b] - begin[b]);
  }
  return {query, select_rows(key, rows), select_rows(value, rows), q_lens, lens};
}

PrefillInputs make_prefill_inputs(const Case& c) {
  const Lengths q_lens = c.lengths("q_lens");
  const bool is_self = c.fields.at("kv_lens").is_null();
  const Lengths kv_lens = is_self ? q_lens : c.lengths("kv_lens", Stream::kKvLengths);
  const DType dtype = c.dtype("dtype");
  const auto d_qk = c.get<std::int64_t>("d_qk");
  const auto kv_heads = c.get<std::int64_t>("num_kv_heads");
  const Shape query_shape = {sum(q_lens), c.get<std::int64_t>("num_q_heads"), d_qk};
  const Shape key_shape = {sum(kv_lens), kv_heads, d_qk};
  const Shape value_shape = {sum(kv_lens), kv_heads, c.get<std::int64_t>("d_v")};
  const auto kv_layout = c.get<std::string>("kv_layout");
  const std::string key_layout = kv_layout == "kv_b_proj" ? "packed" : kv_layout;

  PrefillInputs inputs{HostTensor(dtype, query_shape,
                                  layout_strides(query_shape, c.get<std::string>("query_layout"))),
                       HostTensor(dtype, key_shape, layout_strides(key_shape, key_layout)),
                       value_tensor(dtype, value_shape, kv_layout), q_lens, kv_lens};
  poison_and_fill(c, Stream::kQuery, "query_std", inputs.query);
  poison_and_fill(c, Stream::kKey, "kv_std", inputs.key);
  poison_and_fill(c, Stream::kValue, "kv_std", inputs.value);
  return inputs;
}

Attention reference_prefill(const PrefillInputs& inputs, double softmax_scale, bool is_causal,
                            DType probability_dtype) {
  const std::vector<double> query = inputs.query.values();
  const std::vector<double> key = inputs.key.values();
  const std::vector<double> value = inputs.value.values();
  const std::int64_t heads = inputs.query.shape()[1], kv_heads = inputs.key.shape()[1];
  const std::int64_t d_qk = inputs.query.shape()[2], d_v = inputs.value.shape()[2];
  Attention attention{{inputs.query.shape()[0], heads, d_v}, {}};
  std::int64_t q_begin = 0, kv_begin = 0;
  for (std::size_t b = 0; b < inputs.q_lens.size(); ++b) {
    const std::int64_t q_len = inputs.q_lens[b], kv_len = inputs.kv_lens[b];
    for (std::int64_t row = 0; row < q_len * heads; ++row) {
      const std::int64_t kv_row = kv_begin * kv_heads + (row % heads) / (heads / kv_heads);
      attention.rows.push_back(
          attend({.query = query.data() + (q_begin * heads + row) * d_qk,
                  .keys = {key.data() + kv_row * d_qk, kv_heads * d_qk},
                  .values = {value.data() + kv_row * d_v, kv_heads * d_v},
                  .d_qk = d_qk,
                  .d_v = d_v,
                  .num_keys = num_visible(row / heads, q_len, kv_len, is_causal),
                  .softmax_scale = softmax_scale,
                  .probability_dtype = probability_dtype}));
    }
    q_begin += q_len;
    kv_begin += kv_len;
  }
  return attention;
}

HostTensor cumulative(const Lengths& lengths) {
  HostTensor sums(DType::kInt32, {static_cast<std::int64_t>(lengths.size()) + 1});
  std::int64_t total = 0;
  sums.set_bits({0}, 0);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    total += lengths[i];
    sums.set_bits({static_cast<std::int64_t>(i) + 1}, static_cast<std::uint32_t>(total));
  }
  return sums;
}

}  // namespace mla::test
