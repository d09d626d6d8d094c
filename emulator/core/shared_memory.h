// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace emulator {

// What is known about a byte of shared memory. The last two are added to the others.
enum class ByteState : uint8_t {
  kUninitialised = 0,
  kInitialised = 1,
  kMbarrier = 2,
  kBeingWritten = 4,  // by an asynchronous operation that has not completed
  kBeingRead = 8,
};

// The shared memory of one CTA, with a state for each byte. Offsets count from the start of the
// CTA's window, reserved bytes included.
class SharedMemory {
 public:
  explicit SharedMemory(uint32_t end);

  uint32_t end() const { return static_cast<uint32_t>(bytes_.size()); }
  bool contains(uint32_t offset, uint32_t size) const;
  uint8_t* at(uint32_t offset) { return bytes_.data() + offset; }

  // Threads may read where these bits of the state are kInitialised alone: written, and by nobody
  // being written; and write where the others are none.
  static constexpr uint8_t kReadMask = 7;
  static constexpr uint8_t kWriteMask = 14;

  bool is_initialised(uint32_t offset, uint32_t size) const {
    return all_words(offset, size, [](uint64_t states, uint64_t ones) {
      return (states & (ones * kReadMask)) == ones;
    });
  }
  bool is_free(uint32_t offset, uint32_t size) const {
    return all_words(offset, size, [](uint64_t states, uint64_t ones) {
      return (states & (ones * kWriteMask)) == 0;
    });
  }
  // Where in the range the first byte lies that may not be read; `size` when there is none.
  uint32_t find_uninitialised(uint32_t offset, uint32_t size) const;
  // A ByteState for each byte from offset 0 on, and as many more as a word that begins at the last.
  const uint8_t* states() const { return states_.data(); }
  ByteState state(uint32_t offset) const { return static_cast<ByteState>(states_[offset]); }
  void set_state(uint32_t offset, uint32_t size, ByteState state) {
    std::memset(states_.data() + offset, static_cast<int>(state), size);
  }
  // For any byte of the range, of any size.
  bool has_state(uint32_t offset, uint32_t size, ByteState state) const;
  void add_state(uint32_t offset, uint32_t size, ByteState state);
  void remove_state(uint32_t offset, uint32_t size, ByteState state);
  // True when a byte of the range belongs to a live mbarrier.
  bool overlaps_mbarrier(uint32_t offset, uint32_t size) const {
    return has_state(offset, size, ByteState::kMbarrier);
  }

 private:
  static constexpr uint32_t kStatePadding = 3;

  // Calls test(states, ones) for the states of up to 8 bytes at a time; `ones` has a one in each of
  // their bytes. Sizes are powers of two.
  template <typename Test>
  bool all_words(uint32_t offset, uint32_t size, Test&& test) const {
    constexpr uint64_t kOnes = 0x0101010101010101;
    const uint8_t* states = states_.data() + offset;
    switch (size) {
      case 1: return test(states[0], uint64_t{1});
      case 2: return test(read<uint16_t>(states), kOnes & 0xffff);
      case 4: return test(read<uint32_t>(states), kOnes & 0xffffffff);
      default:
        for (uint32_t i = 0; i < size; i += 8) {
          if (!test(read<uint64_t>(states + i), kOnes)) return false;
        }
        return true;
    }
  }
  template <typename Word>
  static uint64_t read(const uint8_t* states) {
    Word word;
    std::memcpy(&word, states, sizeof word);
    return word;
  }

  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> states_;
};

}  // namespace emulator
