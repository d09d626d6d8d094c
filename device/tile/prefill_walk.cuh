// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/prefill_config.h"
#include "device/abi/prefill_params.h"
#include "device/tile/decode_walk.cuh"

namespace mla::tile {

// A tile of one head's queries, and the keys that it sees.
struct PrefillItem {
  int head;
  int q_token;      // of the tile's first query, in the tensors
  int num_queries;  // fewer than the tile holds at the request's end
  int kv_token;     // of the request's first key
  int kv_len;
  int first_visible;  // keys that the tile's first query sees, if there were enough
  int num_tiles;      // of keys

  // Keys that the tile's query `row` sees: [0, result), nothing when it is not above 0.
  template <PrefillConfig kConfig>
  __device__ int visible(int row) const {
    return kConfig.is_causal ? min(kv_len, first_visible + row) : kv_len;
  }

  // Key tiles that rows [first_row, end_row) see; those past the item's queries do not count.
  template <PrefillConfig kConfig>
  __device__ int tiles_of(int first_row, int end_row) const {
    const int last = min(num_queries, end_row) - 1;
    if (last < first_row) return 0;
    return (max(0, visible<kConfig>(last)) + kConfig.tile_kv - 1) / kConfig.tile_kv;
  }
};

// The items of one block: every gridDim.x-th of all. Those of a request lie together; its heads are
// taken so many at a time as the L2 holds keys of, and of these the last tiles of queries first,
// which see the most keys. Every warp derives its items from the sums by itself.
template <PrefillConfig kConfig>
class PrefillWalk {
 public:
  __device__ explicit PrefillWalk(const PrefillParams& params)
      : params_(params), item_(blockIdx.x) {
    take();
  }

  // The block's next item; false past the last. All lanes of a warp call it together.
  __device__ bool next(PrefillItem& result) {
    int group_items;
    while (item_ >= items_before_ + (group_items = __shfl_sync(~0u, through_, 31))) {
      first_request_ += 32;
      if (first_request_ >= params_.batch) return false;
      items_before_ += group_items;
      take();
    }
    const int owner = __ffs(__ballot_sync(~0u, items_before_ + through_ > item_)) - 1;
    const int index = item_ - items_before_ - __shfl_sync(~0u, through_ - own_, owner);
    find(result, first_request_ + owner, __shfl_sync(~0u, q_begin_, owner),
         __shfl_sync(~0u, q_len_, owner), index);
    item_ += gridDim.x;
    return true;
  }

 private:
  static __device__ int num_q_tiles(int q_len) {
    return (q_len + kConfig.tile_q - 1) / kConfig.tile_q;
  }

  // Requests first_request_ ..., a lane each. No sum is followed out of the tensors.
  __device__ void take() {
    const int request = first_request_ + static_cast<int>(threadIdx.x) % 32;
    q_begin_ = q_len_ = 0;
    if (request < params_.batch) {
      q_begin_ = max(0, params_.cum_seq_lens_q[request]);
      q_len_ = max(0, min(params_.cum_seq_lens_q[request + 1], params_.total_q) - q_begin_);
    }
    own_ = num_q_tiles(q_len_) * params_.num_heads;
    through_ = warp::inclusive_scan(own_);
  }

  // Item `index` of a request.
  __device__ void find(PrefillItem& item, int request, int q_begin, int q_len, int index) const {
    item.kv_token = max(0, params_.cum_seq_lens_kv[request]);
    item.kv_len = max(0, params_.cum_seq_lens_kv[request + 1] - item.kv_token);
    const int heads_at_once = params_.keys_at_once / max(1, item.kv_len);
    const int kv_heads = params_.num_heads / params_.heads_per_kv_head;
    const int group_heads = params_.heads_per_kv_head * min(max(1, heads_at_once), kv_heads);
    const int tiles = num_q_tiles(q_len);
    const int group = index / (group_heads * tiles), in_group = index % (group_heads * tiles);
    const int heads_left = min(group_heads, params_.num_heads - group * group_heads);
    const int first_query = (tiles - 1 - in_group / heads_left) * kConfig.tile_q;

    item.head = group * group_heads + in_group % heads_left;
    item.q_token = q_begin + first_query;
    item.num_queries = min(kConfig.tile_q, q_len - first_query);
    item.first_visible = item.kv_len - q_len + first_query + 1;
    item.num_tiles = item.template tiles_of<kConfig>(0, kConfig.tile_q);
  }

  const PrefillParams& params_;
  int item_;                             // the block's next one
  int first_request_ = 0;                // of the 32 at hand
  int items_before_ = 0;                 // theirs
  int q_begin_, q_len_, own_, through_;  // of the lane's request
};

}  // namespace mla::tile
