// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "emulator/check/access.h"
#include "emulator/core/program.h"
#include "emulator/report.h"

namespace emulator {

struct Cta;
class Warp;

// A place in the shared memory of a CTA of the cluster.
struct SharedPlace {
  Cta* cta = nullptr;
  uint32_t offset = 0;  // from the start of the CTA's shared memory
};

// How asynchronous operations reach memory. Every byte that a copy engine or a tensor unit moves
// passes here, after checks that blame the lane which issued the operation: the one place to watch
// them all.
class AsyncAccess {
 public:
  AsyncAccess(Warp& warp, const Instruction& instruction, int lane)
      : warp_(&warp), instruction_(&instruction), lane_(lane) {}

  // Says how others learn that the operation is done, which the race checker needs to follow it:
  // from the mbarrier there, or by waiting for a group of the unit (see AsyncOperation). To be
  // called when the operation is issued.
  void signals(const SharedPlace& barrier) {
    operation_ = check::AsyncOperation::signalling(*warp_, *instruction_, lane_, *barrier.cta,
                                                   barrier.offset);
  }
  void joins_group(const char* unit, uint64_t group) {
    operation_ = check::AsyncOperation::in_group(*warp_, *instruction_, lane_, unit, group);
  }

  void belongs_to(const check::AsyncOperation& operation) { operation_ = operation; }

  void read_global(uint64_t address, std::span<uint8_t> to) const;
  void write_global(uint64_t address, std::span<const uint8_t> from) const;
  // The memory itself, for elements that are read, changed and written in one step.
  uint8_t* update_global(uint64_t address, uint32_t bytes) const;

  void read_shared(const SharedPlace& from, std::span<uint8_t> to) const;
  void write_shared(const SharedPlace& to, std::span<const uint8_t> from) const;
  uint8_t* update_shared(const SharedPlace& place, uint32_t bytes) const;

  // From its issue until it is done an operation claims its shared memory: others must not write
  // what it reads, nor touch what it writes. Bytes that it writes are claimed until then.
  void claim_source(const SharedPlace& place, uint32_t bytes) const;
  void release_source(const SharedPlace& place, uint32_t bytes) const;
  void claim_destination(const SharedPlace& place, uint32_t bytes) const;

  // complete-tx: so many bytes have arrived for the mbarrier there.
  void complete_bytes(const SharedPlace& barrier, uint32_t bytes) const;

  Warp& warp() const { return *warp_; }
  const Instruction& instruction() const { return *instruction_; }
  int lane() const { return lane_; }

  [[noreturn]] void fail(FaultKind kind, const std::string& message, uint64_t address = 0) const;

 private:
  void check_global(uint64_t address, uint64_t bytes) const;
  void observe_global(uint64_t address, uint64_t bytes, bool is_write) const;
  void check_shared(const SharedPlace& place, uint64_t bytes) const;
  // The memory there, checked for writing and marked as written.
  uint8_t* change_shared(const SharedPlace& place, uint32_t bytes) const;

  Warp* warp_;
  const Instruction* instruction_;
  int lane_;
  check::AsyncOperation operation_;
};

// The address of a place, as a program would write it.
uint64_t shared_address(const SharedPlace& place);

}  // namespace emulator
