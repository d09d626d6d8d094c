// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"
#include "device/abi/decode_work.h"
#include "device/tile/decode_rows.cuh"

namespace mla::tile {

// One worker's share of one request, in key tiles of that request.
struct WalkPiece {
  int request;
  int tile_begin;
  int tile_end;
  bool is_head;   // holds the request's first tile
  bool is_split;  // other workers hold the rest of the request
};

// A 64-bit division costs a call of some 100 instructions; lines this short do without.
__device__ inline bool is_short_line(long long total_units) {
  return total_units <= 0xffffffff / kMaxDecodeWorkers;
}

// value / divisor for divisors below 2^16, a 16-bit digit at a time.
__device__ inline long long divide_by_digit(unsigned long long value, unsigned divisor) {
  unsigned long long quotient = 0;
  unsigned rest = 0;
#pragma unroll 1
  for (int shift = 48; shift >= 0; shift -= 16) {
    const unsigned part = rest << 16 | (static_cast<unsigned>(value >> shift) & 0xffff);
    quotient = quotient << 16 | part / divisor;
    rest = part % divisor;
  }
  return static_cast<long long>(quotient);
}

// worker_begin and worker_of_unit with the cheapest arithmetic that suffices.
__device__ inline long long fast_worker_begin(int worker, int num_workers, long long total_units) {
  if (is_short_line(total_units)) return static_cast<unsigned>(total_units) * worker / num_workers;
  return divide_by_digit(total_units * worker, num_workers);
}

__device__ inline int fast_worker_of_unit(long long unit, int num_workers, long long total_units) {
  if (!is_short_line(total_units)) return worker_of_unit(unit, num_workers, total_units);
  return (static_cast<unsigned>(unit + 1) * num_workers - 1) / static_cast<unsigned>(total_units);
}

// The pieces of one worker, in order. Every warp derives them by itself from the lengths.
struct DecodeWalk {
  const DecodeParams* params;
  int tile_kv;
  bool splits_requests;
  int request;              // the next request to look at
  long long request_begin;  // its first unit on the line
  long long unit_begin;     // the worker's stretch
  long long unit_end;

  // Steps to the worker's next piece; false at the end.
  __device__ bool next(WalkPiece& result) {
    while (request_begin < unit_end) {
      const long long tiles = num_key_tiles(cached_keys(*params, request), tile_kv);
      const DecodePiece piece =
          splits_requests ? piece_of_request(unit_begin, unit_end, request_begin, tiles)
                          : whole_piece_of_request(unit_begin, unit_end, request_begin, tiles);
      result = {request, static_cast<int>(piece.tile_begin), static_cast<int>(piece.tile_end),
                piece.is_head, piece.is_split};
      request_begin += request_units(tiles);
      ++request;
      if (piece.exists) return true;
    }
    return false;
  }
};

namespace warp {

__device__ inline long long sum(long long value) {
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(~0u, value, offset);
  }
  return value;
}

template <typename Integer>
__device__ inline Integer inclusive_scan(Integer value) {
  const int lane = threadIdx.x % 32;
  for (int offset = 1; offset < 32; offset *= 2) {
    const Integer below = __shfl_up_sync(~0u, value, offset);
    if (lane >= offset) value += below;
  }
  return value;
}

}  // namespace warp

// 32 requests of the line, a lane each. Their units fit in 32 bits.
struct RequestGroup {
  int own;      // units of the lane's request, 0 past the last
  int through;  // of those up to it

  __device__ RequestGroup(const DecodeParams& params, int tile_kv, int first_request) : own(0) {
    const int request = first_request + static_cast<int>(threadIdx.x) % 32;
    if (request < params.batch) {
      own = static_cast<int>(request_units(num_key_tiles(cached_keys(params, request), tile_kv)));
    }
    through = warp::inclusive_scan(own);
  }

  __device__ int units() const { return __shfl_sync(~0u, through, 31); }
};

// Of all requests; `first` is the first group of them.
__device__ inline long long total_units(const DecodeParams& params, int tile_kv,
                                        const RequestGroup& first) {
  if (params.batch <= 32) return first.units();
  long long further = 0;
  for (int b = 32 + threadIdx.x % 32; b < params.batch; b += 32) {
    further += request_units(num_key_tiles(cached_keys(params, b), tile_kv));
  }
  return first.units() + warp::sum(further);
}

// Finds where the worker's stretch begins: two passes over the lengths, or one where there are no
// more than 32.
__device__ inline DecodeWalk start_walk(const DecodeParams& params, int tile_kv, int worker) {
  RequestGroup group(params, tile_kv, 0);
  const long long total = total_units(params, tile_kv, group);
  const int num_workers =
      num_active_workers(total, params.num_workers, params.batch, params.num_rows);
  DecodeWalk walk{&params, tile_kv, params.splits_requests != 0, 0, 0, 0, 0};
  if (worker >= num_workers) return walk;
  walk.unit_begin = fast_worker_begin(worker, num_workers, total);
  walk.unit_end = fast_worker_begin(worker + 1, num_workers, total);

  long long before = 0;  // units of the requests below this group
  for (int base = 0;; base += 32) {
    const unsigned reaches = __ballot_sync(~0u, before + group.through > walk.unit_begin);
    if (reaches != 0) {
      const int owner = __ffs(reaches) - 1;
      walk.request = base + owner;
      walk.request_begin = before + __shfl_sync(~0u, group.through - group.own, owner);
      return walk;
    }
    before += group.units();
    group = RequestGroup(params, tile_kv, base + 32);
  }
}

}  // namespace mla::tile
