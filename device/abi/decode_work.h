// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// How a decode batch is cut among workers. The key tiles of all requests are laid out on a line,
// one request after another; worker w of n owns the stretch [total * w / n, total * (w + 1) / n). A
// worker derives its share from the lengths alone, so ragged batches balance by themselves and a
// captured graph stays balanced when the lengths change.
//
//   request    |---- 0 ----|--- 1 ---|------------- 2 -------------|-- 3 --|
//   worker     |---- 0 ----------|--------- 1 -----|--------- 2 -----------|
//   pieces      head 0, head 1    rest 1, head 2    rest 2, head 3
//
// On the CPU, the worker that owns a request's first unit holds its head piece and writes its
// result, after adding the rest pieces; on a GPU a second kernel joins the pieces
// (decode_params.h). A worker has at most one rest piece (its first), so one partial slot per
// worker is enough, and worker 0 needs none. A head waits only for workers above its own: run
// workers in descending order and no wait can dead-lock, however few run at a time.
namespace mla {

// What a request costs beyond its key tiles (query load, output store), in key tiles. It comes last
// on the line, so that the head piece of a request that has keys has at least one tile.
inline constexpr long long kRequestOverheadUnits = 1;

struct DecodePiece {
  long long tile_begin;  // key tiles of the request: [tile_begin, tile_end)
  long long tile_end;
  bool exists;    // whether the worker has anything to do for this request
  bool is_head;   // holds the request's first unit and writes its result
  bool is_split;  // some tiles of the request belong to other workers
};

constexpr long long num_key_tiles(long long seq_len, long long tile_kv) {
  return (seq_len + tile_kv - 1) / tile_kv;
}

constexpr long long request_units(long long num_tiles) {
  return num_tiles + kRequestOverheadUnits;
}

// Where worker's stretch begins: total_units * worker / num_workers, without its overflow.
constexpr long long worker_begin(long long worker, long long num_workers, long long total_units) {
  const long long whole = total_units / num_workers;
  const long long rest = total_units % num_workers;
  return whole * worker + rest * worker / num_workers;
}

// The worker that owns a unit of the line: the last one that begins at it or before. total_units is
// positive, and total_units * num_workers is below 2^63.
constexpr long long worker_of_unit(long long unit, long long num_workers, long long total_units) {
  return ((unit + 1) * num_workers - 1) / total_units;
}

// What the worker owning [unit_begin, unit_end) does for the request that starts at request_begin.
constexpr DecodePiece piece_of_request(long long unit_begin, long long unit_end,
                                       long long request_begin, long long num_tiles) {
  const long long request_end = request_begin + request_units(num_tiles);
  const long long begin = unit_begin > request_begin ? unit_begin : request_begin;
  const long long end = unit_end < request_end ? unit_end : request_end;
  if (begin >= end) return {0, 0, false, false, false};
  const long long tile_begin =
      begin - request_begin < num_tiles ? begin - request_begin : num_tiles;
  const long long tile_end = end - request_begin < num_tiles ? end - request_begin : num_tiles;
  const bool is_head = begin == request_begin;
  const bool exists = is_head || tile_begin < tile_end;
  const bool is_split = tile_begin > 0 || tile_end < num_tiles;
  return {tile_begin, tile_end, exists, is_head, exists && is_split};
}

// The same under batch invariance, where nothing is cut: a worker does all of the requests that
// start in its stretch, and no partial is ever written.
constexpr DecodePiece whole_piece_of_request(long long unit_begin, long long unit_end,
                                             long long request_begin, long long num_tiles) {
  const bool exists = unit_begin <= request_begin && request_begin < unit_end;
  if (!exists) return {0, 0, false, false, false};
  return {0, num_tiles, true, true, false};
}

}  // namespace mla
