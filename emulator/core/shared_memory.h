// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace emulator {

// What is known about a byte of shared memory.
enum class ByteState : uint8_t { kUninitialised = 0, kInitialised = 1, kMbarrier = 2 };

// The shared memory of one CTA, with a state for each byte. Offsets count from the start of the
// CTA's window, reserved bytes included.
class SharedMemory {
 public:
  explicit SharedMemory(uint32_t end);

  uint32_t end() const { return static_cast<uint32_t>(bytes_.size()); }
  bool contains(uint32_t offset, uint32_t size) const;
  uint8_t* at(uint32_t offset) { return bytes_.data() + offset; }

  bool is_initialised(uint32_t offset, uint32_t size) const { return all_are(offset, size, 0x01); }
  ByteState state(uint32_t offset) const { return static_cast<ByteState>(states_[offset]); }
  void set_state(uint32_t offset, uint32_t size, ByteState state) {
    std::memset(states_.data() + offset, static_cast<int>(state), size);
  }
  // True when a byte of the range belongs to a live mbarrier.
  bool overlaps_mbarrier(uint32_t offset, uint32_t size) const;

 private:
  bool all_are(uint32_t offset, uint32_t size, uint8_t state) const;

  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> states_;
};

}  // namespace emulator
