// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// What the decode kernels of a GPU receive, and how they share the workspace.
namespace mla {

// What the driver encodes for the copy engine; passed to kernels by value.
struct alignas(64) TensorMap {
  unsigned char bytes[128];
};

// A stretch of the key line shorter than this is not worth a worker of its own: storing and merging
// one more partial result of each row costs about as much as these key tiles. Where few workers
// more or less make so many that the batch divides them, requests of one length are all cut alike.
constexpr long long num_active_workers(long long total_units, long long num_workers, int batch,
                                       int num_rows) {
  const int least_units = total_units < 64 ? 1 : 2 + num_rows / 128;
  const long long useful = (total_units + least_units - 1) / least_units;
  if (useful >= num_workers) return num_workers;
  const int count = static_cast<int>(useful);
  const int rest = batch < count ? count % batch : 0;
  return 16 * rest <= count ? count - rest : count;
}

inline constexpr int kMaxDecodeWorkers = 256;

// Partial results lie in slots: one for a worker's rest piece, one for its split head piece. The
// first worker has no rest and the last no split head.
constexpr long long partial_slot(long long worker, bool is_head) {
  return 2 * worker - (is_head ? 0 : 1);
}

constexpr long long num_partial_slots(long long num_workers) {
  return 2 * (num_workers - 1);
}

struct DecodeParams {
  TensorMap query_latent;  // [batch][token step][head step][512]: one box is a row tile
  TensorMap query_rope;
  TensorMap cache_latent;  // [page][chunk][row][128 bytes]
  TensorMap cache_rope;
  TensorMap out_map;      // as query_latent: [batch][token step][head step][512]; for 16-bit types
  TensorMap partial_map;  // [slot][row][512]

  const void* cache;  // [page][row][576], where keys are not loaded by boxes; strides below
  const int* block_tables;
  const int* seq_lens;
  const int* causal_seqs;          // null without context parallel
  void* out;                       // [batch][token][head][512]; strides below
  float* lse;                      // [batch][row], null when not asked for
  void* partial_out;               // [slot][row][512] float16, normalised
  float* partial_lse;              // [slot][row], base 2
  signed char* partial_exponents;  // [slot][row][2]: of 128 columns of each 256, for 16-bit types

  long long cache_page_bytes;
  long long cache_row_bytes;
  long long block_table_stride;  // elements, as all strides below
  long long out_batch_stride;
  long long out_token_stride;
  long long out_head_stride;
  int batch;
  int table_keys;  // keys that a row of block_tables has pages for: no length is taken for longer
  int q_len;
  int num_heads;
  int num_rows;
  int rows_per_tile;
  int num_row_tiles;
  int query_head_step;  // what one row tile advances in the query maps
  int query_token_step;
  int num_workers;
  int splits_requests;  // else a worker does all of the requests that start in its stretch
  int is_causal;
  int cp_world;
  int cp_rank;
  float softmax_scale_log2;  // softmax_scale * log2(e), above 0
  float output_scale;
  float lse_unit;  // what one unit of base-2 LSE is in the caller's base: 1 or ln 2
};

}  // namespace mla
