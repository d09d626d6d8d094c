// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/mbarrier.h"

namespace emulator {

const char* Mbarrier::arrive(uint32_t count) {
  if (count == 0 || count > pending_) return "more arrivals than the phase expects";
  pending_ -= count;
  end_phase_if_complete();
  return nullptr;
}

const char* Mbarrier::arrive_drop(uint32_t count) {
  if (count > expected_) return "more threads drop out than the barrier counts";
  if (count == 0 || count > pending_) return "more arrivals than the phase expects";
  expected_ -= count;
  return arrive(count);
}

const char* Mbarrier::expect_bytes(int64_t bytes) {
  const int64_t sum = pending_bytes_ + bytes;
  if (sum > int64_t{kMaxCount} || sum < -int64_t{kMaxCount}) {
    return "the byte count leaves its range of 2^20 - 1";
  }
  pending_bytes_ = sum;
  end_phase_if_complete();
  return nullptr;
}

const char* Mbarrier::arrive_expect_bytes(int64_t bytes) {
  if (pending_ == 0) return "more arrivals than the phase expects";
  // The arrival keeps the phase open while the bytes are added.
  if (const char* problem = expect_bytes(bytes)) return problem;
  return arrive(1);
}

void Mbarrier::end_phase_if_complete() {
  if (pending_ != 0 || pending_bytes_ != 0) return;
  pending_ = expected_;
  ++phase_;
}

std::string Mbarrier::describe() const {
  return "phase " + std::to_string(phase_) + ", " + std::to_string(pending_) + " of " +
         std::to_string(expected_) + " arrivals pending, " + std::to_string(pending_bytes_) +
         " bytes pending";
}

}  // namespace emulator
