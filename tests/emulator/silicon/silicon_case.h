// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/driver/types.h"

namespace emulator::silicon {

// What cuTensorMapEncodeTiled is asked for; dimension 0 is the innermost.
struct TensorRequest {
  mla::driver::CUtensorMapDataType data_type = mla::driver::kTensorMapUint8;
  std::vector<uint64_t> dims;          // elements
  std::vector<uint64_t> stride_bytes;  // of dimensions 1 and up
  std::vector<uint32_t> box;           // elements
  std::vector<uint32_t> steps;         // element strides; empty: all 1
  mla::driver::CUtensorMapSwizzle swizzle = mla::driver::kSwizzleNone;
  mla::driver::CUtensorMapInterleave interleave = mla::driver::kInterleaveNone;
  mla::driver::CUtensorMapFloatOOBfill fill = mla::driver::kOutOfBoundsZero;
  bool is_output = false;       // the tensor lies in the output, else in the input
  uint64_t address_offset = 0;  // bytes from its start
};

// A kernel k(out, in) or k(out, in, map) whose output is known from hardware.
struct SiliconCase {
  std::string name;
  std::string ptx;  // empty: only the tensor map is made
  std::vector<uint8_t> input;
  std::vector<uint8_t> output;  // before the launch
  std::optional<TensorRequest> map;
  unsigned num_threads = 128;
  unsigned cluster_size = 1;  // also the number of CTAs
};

// "ok <hash of the output>", or which step the driver refused and with which result.
struct Outcome {
  std::string digest;
  std::vector<uint8_t> output;
};

Outcome outcome_of(std::vector<uint8_t> output);

// The case on the driver that TOKENSPEED_MLA_LIBCUDA names, or on the system's.
Outcome run(const SiliconCase& silicon_case);

// Bytes without a pattern, the same ones every time.
std::vector<uint8_t> noise(size_t count, uint64_t seed);

}  // namespace emulator::silicon
