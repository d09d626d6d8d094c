// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cstring>
#include <numbers>
#include <vector>

#include "cpu/attention_tile.h"
#include "cpu/key_line.h"
#include "cpu/merge_weights.h"
#include "cpu/ops.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/tensor_access.h"

namespace mla::cpu {
namespace {

// Which rows (row = token * num_heads + head) of which request.
struct RowTile {
  std::int64_t request;
  std::int64_t index;  // of the tile in its request
  std::int64_t first_row;
  int num_rows;
};

// One call: its arguments, what follows from them, and what its workers tell each other.
class Decode {
 public:
  Decode(const DecodeArgs& args, const DecodeSchedule& schedule)
      : args_(args),
        schedule_(schedule),
        num_heads_(args.query.shape[2]),
        num_rows_(args.query.shape[1] * num_heads_),
        num_row_tiles_((num_rows_ + schedule.tile_rows - 1) / schedule.tile_rows),
        key_line_(make_key_line(args, schedule)),
        is_saved_(schedule.num_workers * num_row_tiles_) {}

  std::int64_t num_items() const { return key_line_.num_workers() * num_row_tiles_; }

  AttentionTile make_tile() const {
    return AttentionTile({.max_rows = int(std::min<std::int64_t>(schedule_.tile_rows, num_rows_)),
                          .max_keys = schedule_.tile_kv,
                          .d_qk = args_.kv_lora_rank + args_.qk_rope_head_dim,
                          .d_v = args_.kv_lora_rank});
  }

  // Item 0 is the last worker's: a head piece waits for pieces of workers above its own.
  void run(std::int64_t item, AttentionTile& tile) {
    const std::int64_t worker = key_line_.num_workers() - 1 - item / num_row_tiles_;
    const std::int64_t index = item % num_row_tiles_;
    const std::int64_t first_row = index * schedule_.tile_rows;
    const int num_rows = int(std::min<std::int64_t>(schedule_.tile_rows, num_rows_ - first_row));
    const std::int64_t last_request = key_line_.last_request(worker);
    for (auto request = key_line_.first_request(worker); request < last_request; ++request) {
      run_piece(worker, {request, index, first_row, num_rows}, tile);
    }
  }

 private:
  static KeyLine make_key_line(const DecodeArgs& args, const DecodeSchedule& schedule) {
    std::vector<std::int64_t> num_tiles(args.query.shape[0]);
    for (std::size_t request = 0; request < num_tiles.size(); ++request) {
      num_tiles[request] =
          num_key_tiles(element_as<std::int32_t>(args.seq_lens, request), schedule.tile_kv);
    }
    return KeyLine(std::move(num_tiles), schedule.num_workers, !args.batch_invariant);
  }

  void run_piece(std::int64_t worker, const RowTile& rows, AttentionTile& tile) {
    const DecodePiece piece = key_line_.piece(worker, rows.request);
    if (!piece.exists) return;
    attend(piece, rows, tile);
    if (!piece.is_head) {
      save_partials(worker, rows, tile);
    } else if (piece.is_split) {
      merge_partials(worker, rows, tile);
    } else {
      store_rows(rows, tile);
    }
  }

  // How many of the request's keys a row sees; never more than are cached.
  std::int64_t num_visible(std::int64_t request, std::int64_t row) const {
    const std::int64_t cached = element_as<std::int32_t>(args_.seq_lens, request);
    if (!args_.is_causal) return cached;
    const TensorView& lengths = args_.causal_seqs ? *args_.causal_seqs : args_.seq_lens;
    const std::int64_t global = element_as<std::int32_t>(lengths, request);
    const std::int64_t queries_after = args_.query.shape[1] - 1 - row / num_heads_;
    const std::int64_t global_visible = std::max<std::int64_t>(global - queries_after, 0);
    const std::int64_t not_before_rank = std::max<std::int64_t>(global_visible - args_.cp_rank, 0);
    return std::min((not_before_rank + args_.cp_world - 1) / args_.cp_world, cached);
  }

  void attend(const DecodePiece& piece, const RowTile& rows, AttentionTile& tile) const {
    tile.start(rows.num_rows);
    load_query(rows, tile);
    // Later rows see more.
    const std::int64_t most = num_visible(rows.request, rows.first_row + rows.num_rows - 1);
    const std::int64_t last_key = std::min<std::int64_t>(piece.tile_end * schedule_.tile_kv, most);
    for (std::int64_t first_key = piece.tile_begin * schedule_.tile_kv; first_key < last_key;
         first_key += schedule_.tile_kv) {
      const auto num_keys = std::min<std::int64_t>(schedule_.tile_kv, last_key - first_key);
      load_keys(rows.request, first_key, num_keys, tile);
      for (int row = 0; row < rows.num_rows; ++row) {
        const std::int64_t visible = num_visible(rows.request, rows.first_row + row) - first_key;
        tile.set_num_visible(row, std::max<std::int64_t>(visible, 0));
      }
      tile.attend(num_keys);
    }
  }

  void load_query(const RowTile& rows, AttentionTile& tile) const {
    const float scale = float(double(args_.softmax_scale) * std::numbers::log2e);
    for (int row = 0; row < rows.num_rows; ++row) {
      const std::int64_t token = (rows.first_row + row) / num_heads_;
      const std::int64_t head = (rows.first_row + row) % num_heads_;
      const void* source = element(args_.query, rows.request, token, head);
      tile.set_query(row, args_.query.dtype, source, scale);
    }
  }

  void load_keys(std::int64_t request, std::int64_t first_key, std::int64_t num_keys,
                 AttentionTile& tile) const {
    const TensorView& cache = args_.kv_cache;
    const std::int64_t page_size = cache.shape[cache.rank - 2];
    const std::int64_t row_bytes = cache.strides[cache.rank - 2] * size_bytes(cache.dtype);
    for (std::int64_t i = 0; i < num_keys; ++i) {
      const std::int64_t key = first_key + i;
      const std::int64_t page =
          element_as<std::int32_t>(args_.block_tables, request, key / page_size);
      const char* source = element(cache, page) + key % page_size * row_bytes;
      to_float(cache.dtype, source, tile.key_row(i), tile.shape.d_qk);
    }
  }

  // Where a row's part of the keys of a worker's rest piece is kept: kv_lora_rank values of the
  // normalised output, then the log-sum-exp; copied bytewise, for the workspace may lie at any
  // address.
  char* partial(std::int64_t worker, std::int64_t row) const {
    const std::int64_t row_bytes = (args_.kv_lora_rank + 1) * std::int64_t(sizeof(float));
    return static_cast<char*>(args_.workspace_buffer.data) +
           ((worker - 1) * num_rows_ + row) * row_bytes;
  }

  std::atomic<bool>& is_saved(std::int64_t worker, const RowTile& rows) {
    return is_saved_[worker * num_row_tiles_ + rows.index];
  }

  void save_partials(std::int64_t worker, const RowTile& rows, AttentionTile& tile) {
    const std::size_t out_bytes = args_.kv_lora_rank * sizeof(float);
    for (int row = 0; row < rows.num_rows; ++row) {
      char* target = partial(worker, rows.first_row + row);
      const float lse = float(tile.lse(row));
      tile.store_out(row, 1.0f, DType::kFloat32, tile.out_row(row));
      std::memcpy(target, tile.out_row(row), out_bytes);
      std::memcpy(target + out_bytes, &lse, sizeof(lse));
    }
    is_saved(worker, rows).store(true, std::memory_order_release);
    is_saved(worker, rows).notify_all();
  }

  // Adds the rest pieces to the head piece that the tile holds, in the order of their keys.
  void merge_partials(std::int64_t worker, const RowTile& rows, AttentionTile& tile) {
    std::vector<std::int64_t> others;
    for (auto other = worker + 1; other <= key_line_.last_worker(rows.request); ++other) {
      if (!key_line_.piece(other, rows.request).exists) continue;
      is_saved(other, rows).wait(false, std::memory_order_acquire);
      others.push_back(other);
    }
    for (int row = 0; row < rows.num_rows; ++row) merge_row(others, rows, row, tile);
  }

  void merge_row(const std::vector<std::int64_t>& others, const RowTile& rows, int row,
                 AttentionTile& tile) const {
    const std::int64_t d_v = args_.kv_lora_rank;
    std::vector<double> weights = {tile.lse(row)};
    for (const std::int64_t other : others) {
      float lse;
      std::memcpy(&lse, partial(other, rows.first_row + row) + d_v * sizeof(float), sizeof(lse));
      weights.push_back(lse);
    }
    const double lse = merge_weights(weights);

    float* out = tile.out_row(row);
    tile.store_out(row, float(weights[0]), DType::kFloat32, out);
    for (std::size_t i = 0; i < others.size(); ++i) {
      float* other_out = tile.query_row.get();
      std::memcpy(other_out, partial(others[i], rows.first_row + row), d_v * sizeof(float));
      add_scaled(float(weights[i + 1]), other_out, out, d_v);
    }
    from_float(out, args_.output_scale, args_.out.dtype, out_element(rows, row), d_v);
    store_lse(rows, row, lse);
  }

  void store_rows(const RowTile& rows, AttentionTile& tile) const {
    for (int row = 0; row < rows.num_rows; ++row) {
      tile.store_out(row, args_.output_scale, args_.out.dtype, out_element(rows, row));
      store_lse(rows, row, tile.lse(row));
    }
  }

  void* out_element(const RowTile& rows, int row) const {
    const std::int64_t token = (rows.first_row + row) / num_heads_;
    const std::int64_t head = (rows.first_row + row) % num_heads_;
    return element(args_.out, rows.request, token, head);
  }

  void store_lse(const RowTile& rows, int row, double lse) const {
    if (!args_.lse) return;
    const double unit = args_.lse_base == LseBase::kE ? std::numbers::ln2 : 1.0;
    const std::int64_t index = rows.request * num_rows_ + rows.first_row + row;
    static_cast<float*>(args_.lse->data)[index] = float(lse * unit);
  }

  const DecodeArgs& args_;
  const DecodeSchedule schedule_;
  const std::int64_t num_heads_;
  const std::int64_t num_rows_;  // of a request
  const std::int64_t num_row_tiles_;
  const KeyLine key_line_;
  std::vector<std::atomic<bool>>
      is_saved_;  // [num_workers, num_row_tiles] rest pieces in workspace
};

}  // namespace

void decode(const DecodeArgs& args, const DecodeSchedule& schedule, int num_threads) {
  if (args.query.shape[0] == 0) return;
  Decode call(args, schedule);
  std::vector<AttentionTile> tiles;
  for (int i = 0; i < num_busy_threads(call.num_items(), num_threads); ++i) {
    tiles.push_back(call.make_tile());
  }
  for_each_in_order(call.num_items(), num_threads,
                    [&](std::int64_t item, int thread) { call.run(item, tiles[thread]); });
}

}  // namespace mla::cpu
