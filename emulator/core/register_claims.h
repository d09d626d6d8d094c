// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace emulator {

struct Instruction;

// An asynchronous operation that uses a register from its issue until the warp has waited for it.
struct RegisterClaim {
  const Instruction* owner = nullptr;
  uint64_t operation = 0;   // operations of the warp are counted from 1
  bool is_written = false;  // else the operation only reads it
};

// The registers that asynchronous operations of a warp use, and who wrote them last. Slots are
// those of the warp's register file.
class RegisterClaims {
 public:
  void resize(size_t num_slots) {
    claims_.resize(num_slots);
    writers_.resize(num_slots);
  }
  bool is_empty() const { return claims_.empty(); }

  void claim(uint32_t slot, const RegisterClaim& claim) { claims_[slot] = claim; }
  // The warp has waited for all operations up to this one.
  void set_num_waited(uint64_t operation) { num_waited_ = operation; }

  // The operation under way that an access conflicts with, or null. Reading what an operation only
  // reads does no harm.
  const RegisterClaim* find_conflict(uint32_t slot, bool is_write) const {
    const RegisterClaim& claim = claims_[slot];
    const bool is_under_way = claim.operation > num_waited_;
    return is_under_way && (is_write || claim.is_written) ? &claim : nullptr;
  }

  // Instructions of a warp are counted from 1.
  void note_write(uint32_t slot, const Instruction& writer, uint64_t time) {
    writers_[slot] = {&writer, time};
  }
  // The instruction that wrote the slot after `time`, or null.
  const Instruction* written_since(uint32_t slot, uint64_t time) const {
    return writers_[slot].time > time ? writers_[slot].instruction : nullptr;
  }

 private:
  struct Writer {
    const Instruction* instruction = nullptr;
    uint64_t time = 0;
  };

  std::vector<RegisterClaim> claims_;
  std::vector<Writer> writers_;
  uint64_t num_waited_ = 0;
};

}  // namespace emulator
