// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/contents.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "check.h"
#include "ops/expect.h"

namespace mla {
namespace {

std::string element(const NamedTensor& tensor, std::int64_t index) {
  return std::string(tensor.name) + "[" + std::to_string(index) + "]";
}

const std::int32_t* int32_data(const TensorView& tensor) {
  return static_cast<const std::int32_t*>(tensor.data);
}

void expect_elements_between(const char* where, const NamedTensor& tensor, std::int64_t smallest,
                             std::int64_t largest) {
  const std::int32_t* values = int32_data(tensor.view);
  for (std::int64_t i = 0; i < tensor.view.shape[0]; ++i) {
    if (values[i] < smallest || values[i] > largest) [[unlikely]]
      expect_between(where, element(tensor, i), values[i], smallest, largest);
  }
}

// The keys of a global length that rank r of W holds: those with index c * W + r.
std::int64_t share_of_rank(std::int64_t length, int cp_world, int cp_rank) {
  return length <= cp_rank ? 0 : (length - cp_rank + cp_world - 1) / cp_world;
}

void expect_lengths_within_shares(const DecodeArgs& args) {
  const NamedTensor causal_seqs{"causal_seqs", *args.causal_seqs};
  expect_elements_between("decode", causal_seqs, 0, INT32_MAX);
  const std::int32_t* global = int32_data(*args.causal_seqs);
  const std::int32_t* local = int32_data(args.seq_lens);
  for (std::int64_t b = 0; b < args.seq_lens.shape[0]; ++b) {
    const std::int64_t share = share_of_rank(global[b], args.cp_world, args.cp_rank);
    MLA_CHECK(local[b] <= share, ErrorKind::kValue, "decode",
              "seq_lens[" + std::to_string(b) + "] must not exceed the " + std::to_string(share) +
                  " keys that rank " + std::to_string(args.cp_rank) + " of " +
                  std::to_string(args.cp_world) + " holds of " + element(causal_seqs, b) + " = " +
                  std::to_string(global[b]),
              local[b]);
  }
}

void expect_pages_exist(const DecodeArgs& args) {
  const std::int64_t num_pages = args.kv_cache.shape[0];
  const std::int64_t page_size = args.kv_cache.shape[args.kv_cache.rank - 2];
  const std::int32_t* seq_lens = int32_data(args.seq_lens);
  for (std::int64_t b = 0; b < args.seq_lens.shape[0]; ++b) {
    const std::int32_t* pages = int32_data(args.block_tables) + b * args.block_tables.strides[0];
    const std::int64_t num_used = (seq_lens[b] + page_size - 1) / page_size;
    for (std::int64_t j = 0; j < num_used; ++j) {
      MLA_CHECK(pages[j] >= 0 && pages[j] < num_pages, ErrorKind::kValue, "decode",
                "block_tables[" + std::to_string(b) + ", " + std::to_string(j) +
                    "] must name one of the " + std::to_string(num_pages) + " pages of kv_cache",
                pages[j]);
    }
  }
}

void expect_cumulative(const NamedTensor& sums, std::int64_t total, const char* total_name) {
  const std::int32_t* values = int32_data(sums.view);
  const std::int64_t last = sums.view.shape[0] - 1;
  MLA_CHECK(values[0] == 0, ErrorKind::kValue, "prefill", element(sums, 0) + " must be 0",
            values[0]);
  for (std::int64_t i = 1; i <= last; ++i) {
    MLA_CHECK(values[i] >= values[i - 1], ErrorKind::kValue, "prefill",
              element(sums, i) + " must be at least " + element(sums, i - 1) + " = " +
                  std::to_string(values[i - 1]),
              values[i]);
  }
  MLA_CHECK(values[last] <= total, ErrorKind::kValue, "prefill",
            element(sums, last) + " must not exceed the number of " + total_name + " tokens, " +
                std::to_string(total),
            values[last]);
}

}  // namespace

void expect_decode_contents(const DecodeArgs& args) {
  const std::int64_t page_size = args.kv_cache.shape[args.kv_cache.rank - 2];
  const std::int64_t capacity = args.block_tables.shape[1] * page_size;
  expect_elements_between("decode", {"seq_lens", args.seq_lens}, 0, capacity);
  if (args.causal_seqs) expect_lengths_within_shares(args);
  expect_pages_exist(args);
}

void expect_prefill_contents(const PrefillArgs& args) {
  expect_cumulative({"cum_seq_lens_q", args.cum_seq_lens_q}, args.query.shape[0], "query");
  expect_cumulative({"cum_seq_lens_kv", args.cum_seq_lens_kv}, args.key.shape[0], "key");
}

}  // namespace mla
