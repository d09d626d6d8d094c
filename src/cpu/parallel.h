// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace mla::cpu {

// How many of num_threads have something to do when there are num_items items.
inline int num_busy_threads(std::int64_t num_items, int num_threads) {
  return int(std::clamp<std::int64_t>(num_items, 1, std::max(num_threads, 1)));
}

// Calls body(item, thread) for every item, thread < num_busy_threads(...). Items start in ascending
// order, each as soon as a thread is free, so an item may wait for those before it.
template <class Body>
void for_each_in_order(std::int64_t num_items, int num_threads, const Body& body) {
  std::atomic<std::int64_t> next = 0;
#pragma omp parallel num_threads(num_busy_threads(num_items, num_threads))
  {
    const int thread = omp_get_thread_num();
    for (std::int64_t item = next++; item < num_items; item = next++) body(item, thread);
  }
}

}  // namespace mla::cpu
