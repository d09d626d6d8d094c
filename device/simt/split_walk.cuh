// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "device/abi/decode_params.h"
#include "device/abi/decode_work.h"
#include "device/tile/decode_walk.cuh"

// Which requests of a decode launch were split, and among which workers. It follows from the
// lengths, by the arithmetic that the workers use, so that nobody has to leave it in memory.
namespace mla {

// A part of the work of joining a request that was split.
struct SplitTask {
  int request;
  int first_worker;  // has the first of its partial results, the next workers the others
  int num_partials;
  int task;  // of the request's tasks
};

// The split requests in order, each with a number of tasks. A warp looks at 32 requests at a time,
// a lane each. `tasks_of` says how many tasks joining so many partials is.
template <typename TasksOf>
class SplitWalk {
 public:
  __device__ SplitWalk(const DecodeParams& params, int tile_kv, TasksOf tasks_of)
      : params_(params), tile_kv_(tile_kv), tasks_of_(tasks_of) {
    const tile::RequestGroup group(params, tile_kv, 0);
    total_units_ = tile::total_units(params, tile_kv, group);
    num_workers_ = static_cast<int>(
        num_active_workers(total_units_, params.num_workers, params.batch, params.num_rows));
    take(group);
  }

  // The split that a task belongs to; tasks are asked for in ascending order. False past the last.
  __device__ bool find(int task, SplitTask& result) {
    int group_tasks;
    while (task >= tasks_before_ + (group_tasks = __shfl_sync(~0u, tasks_through_, 31))) {
      first_request_ += 32;
      if (first_request_ >= params_.batch) return false;
      tasks_before_ += group_tasks;
      units_before_ += group_units_;
      take(tile::RequestGroup(params_, tile_kv_, first_request_));
    }
    const int owner = __ffs(__ballot_sync(~0u, tasks_before_ + tasks_through_ > task)) - 1;
    result = {first_request_ + owner, __shfl_sync(~0u, first_worker_, owner),
              __shfl_sync(~0u, num_partials_, owner),
              task - tasks_before_ - __shfl_sync(~0u, tasks_through_ - tasks_, owner)};
    return true;
  }

 private:
  // The lane's request: who has its first and its last key tile.
  __device__ void take(const tile::RequestGroup& group) {
    const long long begin = units_before_ + group.through - group.own;
    const long long num_tiles = group.own - kRequestOverheadUnits;
    first_worker_ = num_partials_ = 0;
    if (num_tiles > 0) {
      first_worker_ = tile::fast_worker_of_unit(begin, num_workers_, total_units_);
      num_partials_ = tile::fast_worker_of_unit(begin + num_tiles - 1, num_workers_, total_units_) -
                      first_worker_ + 1;
    }
    tasks_ = num_partials_ > 1 ? tasks_of_(num_partials_) : 0;
    tasks_through_ = tile::warp::inclusive_scan(tasks_);
    group_units_ = group.units();
  }

  const DecodeParams& params_;
  const int tile_kv_;
  const TasksOf tasks_of_;
  long long total_units_;
  int num_workers_;
  int first_request_ = 0;  // of the group
  int tasks_before_ = 0;   // the group
  long long units_before_ = 0;
  int group_units_;
  int first_worker_, num_partials_, tasks_, tasks_through_;  // of the lane's request
};

}  // namespace mla
