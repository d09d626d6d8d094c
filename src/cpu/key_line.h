// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "device/abi/decode_work.h"

namespace mla::cpu {

// The key tiles of all requests on one line, cut among workers (device/abi/decode_work.h).
class KeyLine {
 public:
  // With may_split false a request belongs whole to the worker that owns its first unit.
  KeyLine(std::vector<std::int64_t> num_tiles, std::int64_t num_workers, bool may_split)
      : num_tiles_(std::move(num_tiles)), num_workers_(num_workers), may_split_(may_split) {
    begin_.push_back(0);
    for (const std::int64_t tiles : num_tiles_)
      begin_.push_back(begin_.back() + request_units(tiles));
  }

  std::int64_t num_workers() const { return num_workers_; }

  // The requests [first, last) that the worker's stretch touches.
  std::int64_t first_request(std::int64_t worker) const {
    const auto after = std::upper_bound(begin_.begin(), begin_.end(), worker_unit(worker));
    return after - begin_.begin() - 1;
  }
  std::int64_t last_request(std::int64_t worker) const {
    const auto last = std::lower_bound(begin_.begin(), begin_.end(), worker_unit(worker + 1));
    return last - begin_.begin();
  }

  // The last worker whose stretch touches the request.
  std::int64_t last_worker(std::int64_t request) const {
    return worker_of_unit(begin_[request + 1] - 1, num_workers_, begin_.back());
  }

  DecodePiece piece(std::int64_t worker, std::int64_t request) const {
    const DecodePiece cut = piece_of_request(worker_unit(worker), worker_unit(worker + 1),
                                             begin_[request], num_tiles_[request]);
    if (may_split_) return cut;
    return {0, num_tiles_[request], cut.is_head, cut.is_head, false};
  }

 private:
  std::int64_t worker_unit(std::int64_t worker) const {
    return worker_begin(worker, num_workers_, begin_.back());
  }

  std::vector<std::int64_t> num_tiles_;
  std::vector<std::int64_t> begin_;  // [batch + 1] the unit where each request begins
  std::int64_t num_workers_;
  bool may_split_;
};

}  // namespace mla::cpu
