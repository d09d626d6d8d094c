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

}  // namespace emulator
