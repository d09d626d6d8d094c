// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "emulator/units/tensor_memory_access.h"

namespace emulator {

struct Cta;

// An asynchronous tcgen05 operation (mma, cp): which of its issuer's operations it is, from 1.
struct TensorOperation {
  uint32_t issuer = 0;
  uint32_t number = 0;  // 0: none
  int ptx_line = 0;
};

// The arrival of a tcgen05.commit at an mbarrier.
struct CommitSignal {
  uint32_t last_number = 0;  // it stands for the issuer's operations up to this one
  Cta* cta = nullptr;        // whose barrier
  uint32_t offset = 0;
  uint64_t phase = 0;  // in which it arrived
};

// Follows the asynchronous tcgen05 operations of a cluster to the moment when a program can know
// that they are done: somebody has waited for the phase of an mbarrier in which a later
// tcgen05.commit of the same thread arrived. That is when their results may be used, however early
// the emulator computes them.
class TensorOperations {
 public:
  uint32_t find_issuer(uint32_t cta_rank, uint32_t warp, int lane);
  TensorOperation issue(uint32_t issuer, int ptx_line) {
    return {issuer, ++issuers_[issuer].num_issued, ptx_line};
  }
  uint32_t last_number(uint32_t issuer) const { return issuers_[issuer].num_issued; }
  void signal(uint32_t issuer, const CommitSignal& signal) {
    issuers_[issuer].signals.push_back(signal);
  }
  bool is_known_done(const TensorOperation& operation);

 private:
  struct Issuer {
    uint32_t num_issued = 0;
    uint32_t num_known_done = 0;
    std::vector<CommitSignal> signals;
  };

  std::map<std::tuple<uint32_t, uint32_t, int>, uint32_t> issuer_of_;
  std::vector<Issuer> issuers_;
};

// The last asynchronous operations that read and wrote each part of a CTA's tensor memory: a column
// of the lanes that belong to one warp.
class TensorMemoryHistory {
 public:
  void note_write(const TensorMemoryRange& range, const TensorOperation& operation) {
    note(writers_, range, operation);
  }
  void note_read(const TensorMemoryRange& range, const TensorOperation& operation) {
    note(readers_, range, operation);
  }
  // The last operation that wrote (or read) a part of the range and is not known to be done, or
  // null.
  const TensorOperation* find_writer(const TensorMemoryRange& range, TensorOperations& operations) {
    return find(writers_, range, operations);
  }
  const TensorOperation* find_reader(const TensorMemoryRange& range, TensorOperations& operations) {
    return find(readers_, range, operations);
  }

 private:
  static constexpr uint32_t kQuarterLanes = 32;
  using Parts = std::vector<std::array<TensorOperation, 4>>;  // by column

  static void note(Parts& parts, const TensorMemoryRange& range, const TensorOperation& operation);
  static const TensorOperation* find(Parts& parts, const TensorMemoryRange& range,
                                     TensorOperations& operations);

  Parts writers_;
  Parts readers_;
};

}  // namespace emulator
