// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace emulator {

// An mbarrier object (ISA 9.7.13.15): a count of arrivals and of bytes under way. A phase ends when
// both are zero; then the next one begins with the full count.
class Mbarrier {
 public:
  static constexpr uint32_t kMaxCount = (1u << 20) - 1;

  explicit Mbarrier(uint32_t count) : expected_(count), pending_(count) {}

  // Each returns what is wrong, or null. After an error the state is as before.
  const char* arrive(uint32_t count);
  const char* arrive_drop(uint32_t count);
  const char* expect_bytes(int64_t bytes);
  const char* complete_bytes(int64_t bytes) { return expect_bytes(-bytes); }
  const char* arrive_expect_bytes(int64_t bytes);

  // cp.async.mbarrier.arrive without .noinc: the arrival to come is counted first.
  void add_pending() { ++pending_; }

  uint64_t phase() const { return phase_; }
  uint32_t pending() const { return pending_; }
  // Whether some arrivals or bytes of the current phase have come and others have not.
  bool is_in_use() const { return pending_ != expected_ || pending_bytes_ != 0; }
  int64_t pending_bytes() const { return pending_bytes_; }
  // Whether the phase of this parity has ended; only the current and the one before can be asked
  // for.
  bool has_completed(uint32_t parity) const { return (phase_ & 1) != (parity & 1); }

  // Somebody has seen that all phases before the current one have ended.
  void observe() { num_observed_phases_ = phase_; }
  uint64_t num_observed_phases() const { return num_observed_phases_; }

  // The value that an arrival returns; it holds the phase and the pending count.
  uint64_t state() const { return phase_ << 20 | pending_; }
  static uint64_t phase_of_state(uint64_t state) { return state >> 20; }
  static uint32_t pending_of_state(uint64_t state) { return state & kMaxCount; }

  std::string describe() const;

 private:
  void end_phase_if_complete();

  uint32_t expected_;
  uint32_t pending_;
  int64_t pending_bytes_ = 0;
  uint64_t phase_ = 0;
  uint64_t num_observed_phases_ = 0;
};

}  // namespace emulator
