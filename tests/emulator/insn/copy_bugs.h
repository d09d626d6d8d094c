// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "emulator/report.h"

namespace emulator {

// A mistake in a kernel's use of asynchronous copies, and the same kernel without it.
struct CopyBug {
  // Some show only when the copy completes late, or early.
  enum class Shows { kAlways, kLate, kEarly };

  const char* name;
  // For copy_kernel(). Lines that begin with + are only in the repaired twin, with - only in the
  // faulty one; WAIT stands for the loop that waits for the barrier.
  const char* body;
  FaultKind kind;
  const char* ptx_text;  // the line that is blamed
  Shows shows = Shows::kAlways;
  uint32_t cluster_size = 1;
};

std::vector<CopyBug> bulk_copy_bugs();
std::vector<CopyBug> tensor_copy_bugs();

}  // namespace emulator
