// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/decode_problem.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace mla::test {
namespace {

using Lengths = std::vector<std::int64_t>;

constexpr std::int64_t kSparePages = 2;  // pages that no request references
constexpr std::array<std::int32_t, 4> kGarbage = {std::numeric_limits<std::int32_t>::max(), -1, 0,
                                                  std::numeric_limits<std::int32_t>::min()};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

std::int64_t sum(const Lengths& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

Lengths pages_of(const Lengths& seq_lens, std::int64_t page_size) {
  Lengths pages;
  for (const std::int64_t length : seq_lens) pages.push_back(ceil_div(length, page_size));
  return pages;
}

HostTensor int_tensor(const Lengths& values) {
  HostTensor tensor(DType::kInt32, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor.set_bits({static_cast<std::int64_t>(i)}, static_cast<std::uint32_t>(values[i]));
  }
  return tensor;
}

HostTensor empty_pages(const Case& c, std::int64_t num_pages) {
  const auto page_size = c.get<std::int64_t>("page_size");
  const std::int64_t row_stride = kCacheWidth + c.get<std::int64_t>("row_padding");
  const std::int64_t page_stride = page_size * row_stride + c.get<std::int64_t>("page_padding");
  Shape shape = {num_pages, page_size, kCacheWidth};
  Shape strides = {page_stride, row_stride, 1};
  if (c.get<int>("cache_rank") == 4) {
    shape.insert(shape.begin() + 1, 1);
    strides.insert(strides.begin() + 1, page_stride);
  }
  if (c.get<std::int64_t>("num_pages") > 0) {
    return {c.dtype("dtype"), shape, strides, HostTensor::Storage::kSparse};
  }
  HostTensor pages(c.dtype("dtype"), shape, strides);
  const auto poison = c.get<std::string>("poison");
  if (poison != "nan") pages.poison(poison == "inf" ? HUGE_VAL : 0);
  return pages;
}

HostTensor garbage_table(const Case& c, const Lengths& pages) {
  const std::int64_t used = pages.empty() ? 0 : *std::ranges::max_element(pages);
  const auto batch = static_cast<std::int64_t>(pages.size());
  const std::int64_t columns = used + c.get<std::int64_t>("spare_columns");
  const bool is_zero = c.get<std::string>("unused_entries") == "zero";
  HostTensor table(DType::kInt32, {batch, columns});
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int32_t garbage = is_zero ? 0 : kGarbage[column % kGarbage.size()];
      table.set_bits({b, column}, static_cast<std::uint32_t>(garbage));
    }
  }
  return table;
}

// Coordinates of a cache row of 3-D and 4-D caches.
Shape cache_row(const HostTensor& cache, std::int64_t page, std::int64_t slot) {
  if (cache.shape().size() == 4) return {page, 0, slot, 0};
  return {page, slot, 0};
}

Shape key_row(const HostTensor& cache, const HostTensor& tables, std::int64_t request,
              std::int64_t position) {
  const std::int64_t page_size = *(cache.shape().end() - 2);
  return cache_row(cache, tables.bits({request, position / page_size}), position % page_size);
}

// Every page of a request under its place in the table, pages in random order at the end of the
// cache.
void assign_pages(const Case& c, const Lengths& pages, std::int64_t num_pages, HostTensor& tables) {
  const std::int64_t num_used = sum(pages);
  const Lengths highest = order(c.seed, Stream::kPages, num_used + kSparePages);
  std::int64_t next = 0;
  for (std::size_t b = 0; b < pages.size(); ++b) {
    for (std::int64_t column = 0; column < pages[b]; ++column) {
      const std::int64_t page = num_pages - num_used - kSparePages + highest[next++];
      tables.set_bits({static_cast<std::int64_t>(b), column}, static_cast<std::uint32_t>(page));
    }
  }
}

// The latents of all ranks come request after request; rank r takes every cp_world-th from r on.
void fill_pages(const Case& c, const Lengths& total_lens, DecodeInputs& inputs) {
  const std::int64_t count = sum(total_lens) * kCacheWidth;
  HostTensor latents(inputs.kv_cache.dtype(), {sum(total_lens), kCacheWidth});
  latents.fill(normals(c.seed, Stream::kKey, count, c.get<double>("kv_std")));
  std::int64_t begin = 0;
  for (std::size_t b = 0; b < total_lens.size(); begin += total_lens[b++]) {
    for (std::int64_t k = 0; k < inputs.seq_len(b); ++k) {
      const std::int64_t source = begin + k * inputs.cp_world + inputs.cp_rank;
      Shape at = key_row(inputs.kv_cache, inputs.block_tables, b, k);
      for (std::int64_t d = 0; d < kCacheWidth; ++d) {
        at.back() = d;
        inputs.kv_cache.set_bits(at, latents.bits({source, d}));
      }
    }
  }
}

std::int64_t num_visible(const DecodeInputs& inputs, const Case& c, std::int64_t b,
                         std::int64_t token) {
  const std::int64_t seq_len = inputs.seq_len(b);
  if (!c.get<bool>("is_causal")) return seq_len;
  const std::int64_t bound =
      inputs.global_len(b) - inputs.cp_rank - (c.get<std::int64_t>("q_len") - 1) + token;
  return bound <= 0 ? 0 : std::min(ceil_div(bound, inputs.cp_world), seq_len);
}

std::vector<double> gather_keys(const DecodeInputs& inputs, std::int64_t b) {
  std::vector<double> keys;
  keys.reserve(inputs.seq_len(b) * kCacheWidth);
  for (std::int64_t k = 0; k < inputs.seq_len(b); ++k) {
    Shape at = key_row(inputs.kv_cache, inputs.block_tables, b, k);
    for (at.back() = 0; at.back() < kCacheWidth; ++at.back()) {
      keys.push_back(inputs.kv_cache.value(at));
    }
  }
  return keys;
}

}  // namespace

std::int64_t DecodeInputs::seq_len(std::int64_t request) const {
  return seq_lens.bits({request});
}

std::int64_t DecodeInputs::global_len(std::int64_t request) const {
  return causal_seqs ? causal_seqs->bits({request}) : seq_len(request);
}

DecodeInputs DecodeInputs::request(std::int64_t b) const {
  DecodeInputs alone = *this;
  alone.query = query.slice(b);
  alone.block_tables = block_tables.slice(b);
  alone.seq_lens = seq_lens.slice(b);
  return alone;
}

DType decode_out_dtype(DType dtype) {
  return size_bytes(dtype) == 1 ? DType::kBFloat16 : dtype;
}

DecodeInputs make_decode_inputs(const Case& c, int cp_world, int cp_rank) {
  const Lengths total_lens = c.lengths("seq_lens");
  Lengths local_lens;
  for (const std::int64_t length : total_lens) {
    local_lens.push_back((length - cp_rank + cp_world - 1) / cp_world);
  }
  const Lengths pages = pages_of(local_lens, c.get<std::int64_t>("page_size"));
  const std::int64_t wanted_pages = c.get<std::int64_t>("num_pages");
  const std::int64_t num_pages = wanted_pages > 0 ? wanted_pages : 1 + sum(pages) + kSparePages;

  const Shape query_shape = {static_cast<std::int64_t>(total_lens.size()),
                             c.get<std::int64_t>("q_len"), c.get<std::int64_t>("num_heads"),
                             kCacheWidth};
  const Shape query_strides = layout_strides(query_shape, c.get<std::string>("query_layout"));
  DecodeInputs inputs{.query = HostTensor(c.dtype("dtype"), query_shape, query_strides),
                      .kv_cache = empty_pages(c, num_pages),
                      .block_tables = garbage_table(c, pages),
                      .seq_lens = int_tensor(local_lens),
                      .causal_seqs = std::nullopt,
                      .cp_world = cp_world,
                      .cp_rank = cp_rank};
  if (cp_world > 1) inputs.causal_seqs = int_tensor(total_lens);
  inputs.query.fill(
      normals(c.seed, Stream::kQuery, inputs.query.num_elements(), c.get<double>("query_std")));
  assign_pages(c, pages, num_pages, inputs.block_tables);
  fill_pages(c, total_lens, inputs);
  return inputs;
}

Attention reference_decode(const DecodeInputs& inputs, const Case& c, DType probability_dtype) {
  const std::vector<double> query = inputs.query.values();
  Attention attention{inputs.query.shape(), {}};
  attention.shape.back() = kLatentDim;
  const std::int64_t q_len = attention.shape[1], heads = attention.shape[2];
  for (std::int64_t b = 0; b < inputs.batch(); ++b) {
    const std::vector<double> keys = gather_keys(inputs, b);
    for (std::int64_t row = 0; row < q_len * heads; ++row) {
      attention.rows.push_back(
          attend({.query = query.data() + (b * q_len * heads + row) * kCacheWidth,
                  .keys = {keys.data(), kCacheWidth},
                  .values = {keys.data(), kCacheWidth},
                  .d_qk = kCacheWidth,
                  .d_v = kLatentDim,
                  .num_keys = num_visible(inputs, c, b, row / heads),
                  .softmax_scale = c.get<double>("softmax_scale"),
                  .output_scale = c.get<double>("output_scale"),
                  .probability_dtype = probability_dtype}));
    }
  }
  return attention;
}

}  // namespace mla::test
