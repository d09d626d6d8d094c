// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"
#include "device/abi/decode_work.h"
#include "device/tile/decode_rows.cuh"
#include "device/tile/decode_walk.cuh"

// Which requests of a decode launch were split, and among which workers. It follows from the
// lengths, by the arithmetic that the workers use, so that nobody has to leave it in memory.
namespace mla {

// For each worker the request that it left unfinished; a worker leaves one at the most.
template <int kThreads>
struct SplitList {
  static constexpr int kWarps = kThreads / 32;

  SplitRequest splits[kMaxDecodeWorkers];
  int task_ends[kMaxDecodeWorkers];  // running number of tasks
  long long warp_sums[kWarps];       // of inclusive_scan

  // The sum over the threads of the block up to this one; `total` is that over all.
  __device__ long long inclusive_scan(long long value, long long& total) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const long long within = tile::warp::inclusive_scan(value);
    if (lane == 31) warp_sums[warp] = within;
    __syncthreads();
    long long before = 0;
    total = 0;
#pragma unroll
    for (int i = 0; i < kWarps; ++i) {
      if (i < warp) before += warp_sums[i];
      total += warp_sums[i];
    }
    __syncthreads();
    return before + within;
  }

  // Fills `splits`; each thread takes a run of requests.
  __device__ void find(const DecodeParams& params, int tile_kv) {
    const auto tiles_of = [&](int request) {
      return num_key_tiles(tile::cached_keys(params, request), tile_kv);
    };
    if (threadIdx.x < kMaxDecodeWorkers) splits[threadIdx.x] = {-1, 0};
    const int run = (params.batch + kThreads - 1) / kThreads;
    const int first = min(static_cast<int>(threadIdx.x) * run, params.batch);
    const int last = min(first + run, params.batch);
    long long units = 0;
    for (int b = first; b < last; ++b) units += request_units(tiles_of(b));
    long long total;
    long long begin = inclusive_scan(units, total) - units;
    if (units == 0) return;

    const int num_workers = static_cast<int>(num_active_workers(total, params.num_workers));
    const auto worker_of = [&](long long unit) {
      return tile::fast_worker_of_unit(unit, num_workers, total);
    };
    if (worker_of(begin) == worker_of(begin + units - 1)) return;
#pragma unroll 1
    for (int b = first; b < last; ++b) {
      const long long tiles = tiles_of(b);
      const int head = worker_of(begin);
      const int last_worker = tiles > 0 ? worker_of(begin + tiles - 1) : head;
      if (last_worker > head) splits[head] = {b, last_worker};
      begin += request_units(tiles);
    }
  }

  // Fills `task_ends` from what tasks_of says of each split, and returns the number of tasks.
  template <typename TasksOf>
  __device__ int count_tasks(TasksOf tasks_of) {
    __syncthreads();
    const bool is_worker = threadIdx.x < kMaxDecodeWorkers;
    const bool is_split = is_worker && splits[threadIdx.x].request >= 0;
    long long total;
    const long long end = inclusive_scan(is_split ? tasks_of(num_partials(threadIdx.x)) : 0, total);
    if (is_worker) task_ends[threadIdx.x] = static_cast<int>(end);
    __syncthreads();
    return static_cast<int>(total);
  }

  // Pieces that the request which `worker` left unfinished was cut into.
  __device__ int num_partials(int worker) const { return splits[worker].last_worker - worker + 1; }

  // The worker whose split a task belongs to; a whole warp asks.
  __device__ int worker_of_task(int task) const {
    int worker = 0;
#pragma unroll
    for (int i = 0; i < kMaxDecodeWorkers; i += 32) {
      worker += __popc(__ballot_sync(~0u, task_ends[i + threadIdx.x % 32] <= task));
    }
    return worker;
  }

  __device__ int first_task(int worker) const { return worker == 0 ? 0 : task_ends[worker - 1]; }
};

}  // namespace mla
