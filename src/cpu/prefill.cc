// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <numbers>
#include <vector>

#include "cpu/attention_tile.h"
#include "cpu/ops.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/tensor_access.h"

namespace mla::cpu {
namespace {

constexpr int kTileRows = 64;
constexpr int kTileKeys = 64;

// A run of query tokens of one request; every head does it.
struct QueryTile {
  std::int64_t first_query;  // in the packed query tensor
  int num_queries;
  std::int64_t first_key;  // of the request, in the packed key tensor
  std::int64_t kv_len;
  std::int64_t
      causal_bound;  // how many keys the first query sees: may be negative, or above kv_len

  // How many keys a query of the tile sees.
  std::int64_t num_visible(int query) const {
    return std::clamp<std::int64_t>(causal_bound + query, 0, kv_len);
  }
  std::int64_t num_keys() const { return num_visible(num_queries - 1); }
};

std::vector<QueryTile> make_query_tiles(const PrefillArgs& args) {
  std::vector<QueryTile> tiles;
  for (std::int64_t request = 0; request < args.batch; ++request) {
    const std::int64_t first_query = element_as<std::int32_t>(args.cum_seq_lens_q, request);
    const std::int64_t first_key = element_as<std::int32_t>(args.cum_seq_lens_kv, request);
    const std::int64_t q_len =
        element_as<std::int32_t>(args.cum_seq_lens_q, request + 1) - first_query;
    const std::int64_t kv_len =
        element_as<std::int32_t>(args.cum_seq_lens_kv, request + 1) - first_key;
    for (std::int64_t query = 0; query < q_len; query += kTileRows) {
      const int num_queries = int(std::min<std::int64_t>(kTileRows, q_len - query));
      const std::int64_t causal_bound = args.is_causal ? query + kv_len - q_len + 1 : kv_len;
      tiles.push_back({first_query + query, num_queries, first_key, kv_len, causal_bound});
    }
  }
  // Longest first, so that no thread is left alone with a long one at the end.
  std::stable_sort(tiles.begin(), tiles.end(), [](const QueryTile& a, const QueryTile& b) {
    return a.num_keys() > b.num_keys();
  });
  return tiles;
}

void attend(const PrefillArgs& args, const QueryTile& queries, std::int64_t head,
            AttentionTile& tile) {
  const std::int64_t kv_head = head / (args.query.shape[1] / args.key.shape[1]);
  const float scale = float(double(args.softmax_scale) * std::numbers::log2e);
  tile.start(queries.num_queries);
  for (int row = 0; row < queries.num_queries; ++row) {
    const void* source = element(args.query, queries.first_query + row, head);
    tile.set_query(row, args.query.dtype, source, scale);
  }
  for (std::int64_t first = 0; first < queries.num_keys(); first += kTileKeys) {
    const std::int64_t num_keys = std::min<std::int64_t>(kTileKeys, queries.num_keys() - first);
    for (std::int64_t i = 0; i < num_keys; ++i) {
      const std::int64_t token = queries.first_key + first + i;
      to_float(args.key.dtype, element(args.key, token, kv_head), tile.key_row(i), tile.shape.d_qk);
      to_float(args.value.dtype, element(args.value, token, kv_head), tile.value_row(i),
               tile.shape.d_v);
    }
    for (int row = 0; row < queries.num_queries; ++row) {
      tile.set_num_visible(row, std::max<std::int64_t>(queries.num_visible(row) - first, 0));
    }
    tile.attend(num_keys);
  }
}

void store(const PrefillArgs& args, const QueryTile& queries, std::int64_t head,
           AttentionTile& tile) {
  const double unit = args.lse_base == LseBase::kE ? std::numbers::ln2 : 1.0;
  for (int row = 0; row < queries.num_queries; ++row) {
    const std::int64_t query = queries.first_query + row;
    tile.store_out(row, 1.0f, args.out.dtype, element(args.out, query, head));
    if (!args.lse) continue;
    static_cast<float*>(args.lse->data)[query * args.query.shape[1] + head] =
        float(tile.lse(row) * unit);
  }
}

}  // namespace

void prefill(const PrefillArgs& args, int num_threads) {
  const std::vector<QueryTile> query_tiles = make_query_tiles(args);
  const std::int64_t num_heads = args.query.shape[1];
  const std::int64_t num_items = std::int64_t(query_tiles.size()) * num_heads;
  std::vector<AttentionTile> tiles;
  for (int i = 0; i < num_busy_threads(num_items, num_threads); ++i) {
    tiles.push_back(AttentionTile({.max_rows = kTileRows,
                                   .max_keys = kTileKeys,
                                   .d_qk = int(args.query.shape[2]),
                                   .d_v = int(args.value.shape[2]),
                                   .has_separate_values = true}));
  }
  for_each_in_order(num_items, num_threads, [&](std::int64_t item, int thread) {
    const QueryTile& queries = query_tiles[item / num_heads];
    attend(args, queries, item % num_heads, tiles[thread]);
    store(args, queries, item % num_heads, tiles[thread]);
  });
}

}  // namespace mla::cpu
