// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace emulator::silicon {

// The frame of a kernel around a few lines of PTX. Shared memory `buffer` (%buffer, aligned to 1024
// bytes) is filled, `body` runs in the first thread(s) of each CTA, then the buffer may be dumped.
// Registers for the body: %out, %in, %map, %buffer, %barrier, %rank, %w<8> of 32 bits, %x<8> of 64,
// %h0 of 16, %p0 and %p1.
struct KernelText {
  enum class Fill { kPattern, kInput };

  std::string body;
  uint32_t num_issuers = 1;     // how many threads of each CTA run the body
  uint32_t shared_bytes = 512;  // a multiple of 512
  Fill fill = Fill::kPattern;   // 0xee, or the bytes of the input at rank * shared_bytes
  // Bytes that the CTA's mbarrier is to expect; it is then waited for, a limited time.
  uint32_t expected_bytes = 0;
  // The buffer and whether the wait ended go to the output at rank * (shared_bytes + 16).
  bool dumps = true;

  std::string str() const;
};

}  // namespace emulator::silicon
