// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/tensor_map_access.h"

#include <cstring>
#include <span>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

int rank_of(const ptx::Form& form) {
  return form.one_of("1d|2d|3d|4d|5d")[0] - '0';
}

void read_parameter(const AsyncAccess& access, uint64_t offset, std::span<uint8_t> to,
                    uint64_t address) {
  const std::vector<uint8_t>& parameters = access.warp().cta().cluster.grid.launch.parameters;
  if (offset + to.size() > parameters.size()) {
    access.fail(FaultKind::kOutOfBounds,
                "a tensor map of 128 bytes behind the end of the parameters", address);
  }
  std::memcpy(to.data(), parameters.data() + offset, to.size());
}

}  // namespace

TensorMap read_tensor_map(const AsyncAccess& access, const Row& row) {
  const uint64_t address = read_address(access.warp(), row, access.lane());
  if (address % kTensorMapAlignment != 0) {
    access.fail(FaultKind::kMisaligned, "a tensor map must be aligned to 64 bytes", address);
  }
  uint8_t bytes[kTensorMapBytes];
  if (is_in_window(address, kParamWindow)) {
    read_parameter(access, address - kParamWindow, bytes, address);
  } else if (is_global_address(address)) {
    access.read_global(address, bytes);
  } else {
    access.fail(FaultKind::kOutOfBounds,
                "a tensor map must lie in parameter, constant or global memory", address);
  }
  TensorMap map;
  std::memcpy(&map, bytes, sizeof map);
  if (map.magic != TensorMap::kMagic) {
    access.fail(FaultKind::kAsyncMisuse, "there is no tensor map at this address", address);
  }
  if (const char* problem = map.find_problem()) {
    access.fail(FaultKind::kAsyncMisuse, std::string("the tensor map is not legal: ") + problem,
                address);
  }
  const int rank = rank_of(*access.instruction().form);
  if (map.rank != rank) {
    access.fail(FaultKind::kAsyncMisuse,
                "the tensor map has rank " + std::to_string(map.rank) + ", the instruction " +
                    std::to_string(rank),
                address);
  }
  return map;
}

}  // namespace emulator
