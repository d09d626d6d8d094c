// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/shared_memory.h"

#include <algorithm>

#include "emulator/core/address_space.h"

namespace emulator {
namespace {

constexpr uint8_t kPoison = 0xcd;

}  // namespace

SharedMemory::SharedMemory(uint32_t end)
    : bytes_(end, kPoison),
      states_(end + kStatePadding, static_cast<uint8_t>(ByteState::kUninitialised)) {}

bool SharedMemory::contains(uint32_t offset, uint32_t size) const {
  return offset >= kReservedSharedBytes && uint64_t{offset} + size <= bytes_.size();
}

uint32_t SharedMemory::find_uninitialised(uint32_t offset, uint32_t size) const {
  if (size % 8 == 0 && is_initialised(offset, size)) return size;
  for (uint32_t i = 0; i < size; ++i) {
    if (!is_initialised(offset + i, 1)) return i;
  }
  return size;
}

bool SharedMemory::has_state(uint32_t offset, uint32_t size, ByteState state) const {
  const auto first = states_.begin() + offset;
  return std::any_of(first, first + size,
                     [&](uint8_t of_byte) { return (of_byte & static_cast<uint8_t>(state)) != 0; });
}

void SharedMemory::add_state(uint32_t offset, uint32_t size, ByteState state) {
  for (uint32_t i = offset; i < offset + size; ++i) states_[i] |= static_cast<uint8_t>(state);
}

void SharedMemory::remove_state(uint32_t offset, uint32_t size, ByteState state) {
  for (uint32_t i = offset; i < offset + size; ++i) {
    states_[i] &= static_cast<uint8_t>(~static_cast<unsigned>(state));
  }
}

}  // namespace emulator
