// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/shared_memory.h"

#include "emulator/core/address_space.h"

namespace emulator {
namespace {

constexpr uint8_t kPoison = 0xcd;

}  // namespace

SharedMemory::SharedMemory(uint32_t end)
    : bytes_(end, kPoison), states_(end, static_cast<uint8_t>(ByteState::kUninitialised)) {}

bool SharedMemory::contains(uint32_t offset, uint32_t size) const {
  return offset >= kReservedSharedBytes && uint64_t{offset} + size <= bytes_.size();
}

bool SharedMemory::all_are(uint32_t offset, uint32_t size, uint8_t state) const {
  const uint8_t* states = states_.data() + offset;
  if (size == 4) {
    uint32_t word = 0;
    std::memcpy(&word, states, 4);
    return word == 0x01010101u * state;
  }
  bool all = true;
  for (uint32_t i = 0; i < size; ++i) all &= states[i] == state;
  return all;
}

bool SharedMemory::overlaps_mbarrier(uint32_t offset, uint32_t size) const {
  bool any = false;
  for (uint32_t i = 0; i < size; ++i) any |= state(offset + i) == ByteState::kMbarrier;
  return any;
}

}  // namespace emulator
