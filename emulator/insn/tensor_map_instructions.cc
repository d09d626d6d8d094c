// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/insn/async_operands.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/units/tensor_map.h"

namespace emulator {
namespace {

// The type numbers of tensormap.replace, in the driver's numbering: it has f64 and bf16 elsewhere.
constexpr uint8_t kDataTypes[] = {0, 1, 2, 3, 4, 5, 6, 7, 10, 8, 9, 11, 12};
constexpr uint8_t kUnknownDataType = 0xff;

// Swizzle modes by the atomicity of their pieces: 16, 32, 32 with flipped halves, 64 bytes.
constexpr Swizzle kSwizzle128B[] = {Swizzle::k128B, Swizzle::k128BAtom32B,
                                    Swizzle::k128BAtom32BFlip8B, Swizzle::k128BAtom64B};
constexpr Swizzle kUnknownSwizzle = static_cast<Swizzle>(0xff);

// What the copies find illegal later is stored as it is: only the final map counts.
void replace(TensorMap& map, std::string_view field, uint64_t value) {
  if (field == "global_address") {
    map.address = value;
  } else if (field == "rank") {
    map.rank = static_cast<uint8_t>(value + 1);
  } else if (field == "elemtype") {
    map.data_type = value < std::size(kDataTypes) ? kDataTypes[value] : kUnknownDataType;
  } else if (field == "interleave_layout") {
    map.interleave = static_cast<uint8_t>(value);
  } else if (field == "swizzle_mode") {
    map.swizzle = value <= 3 ? static_cast<Swizzle>(value) : kUnknownSwizzle;
  } else if (field == "swizzle_atomicity") {
    map.swizzle = value < std::size(kSwizzle128B) ? kSwizzle128B[value] : kUnknownSwizzle;
  } else if (field == "fill_mode") {
    map.fills_nan = value != 0;
  }
}

void replace_in_dimension(TensorMap& map, std::string_view field, uint64_t dimension,
                          uint64_t value) {
  if (field == "box_dim") {
    map.box[dimension] = static_cast<uint16_t>(value);
  } else if (field == "global_dim") {
    map.last_index[dimension] = static_cast<uint32_t>(value - 1);
  } else if (field == "element_stride") {
    map.element_strides[dimension] = static_cast<uint8_t>(value);
  } else {
    map.stride_bytes[dimension] = value;
  }
}

// The map's bytes in shared or global memory, for reading and writing.
uint8_t* find_map(Warp& warp, const Instruction& instruction, int lane) {
  const uint64_t address = read_address(warp, instruction.operands[0], lane);
  if (address % kTensorMapBytes != 0) {
    warp.fail(FaultKind::kMisaligned, instruction, "a tensor map must be aligned to 128 bytes",
              lane, address);
  }
  return resolve_lane(warp, instruction, address, lane, space_of(*instruction.form),
                      kTensorMapBytes, Access::kReadWrite);
}

// tensormap.replace.field [map], value or [map], dimension, value
template <bool kHasDimension>
Outcome replace_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const std::string_view field = instruction.form->modifiers[1];
  for_each_lane(lanes, [&](int lane) {
    uint8_t* bytes = find_map(warp, instruction, lane);
    TensorMap map;
    std::memcpy(&map, bytes, sizeof map);
    if (map.magic != TensorMap::kMagic) {
      warp.fail(FaultKind::kAsyncMisuse, instruction, "there is no tensor map at this address",
                lane);
    }
    const uint64_t first = read_lane(warp, instruction.operands[1], lane);
    if constexpr (kHasDimension) {
      const uint64_t num_dimensions =
          field == "global_stride" ? kMaxTensorRank - 1 : kMaxTensorRank;
      if (first >= num_dimensions) {
        warp.fail(FaultKind::kAsyncMisuse, instruction,
                  "a tensor map has no dimension " + std::to_string(first), lane);
      }
      replace_in_dimension(map, field, first, read_lane(warp, instruction.operands[2], lane));
    } else {
      replace(map, field, first);
    }
    std::memcpy(bytes, &map, sizeof map);
  });
  return Outcome::kNext;
}

// tensormap.cp_fenceproxy [global], [shared], 128: once for the warp.
Outcome publish(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  if (lanes != warp.live_lanes()) {
    warp.fail(FaultKind::kWarpMisuse, instruction, "all lanes of a warp must execute it",
              lowest_lane(warp.live_lanes() & ~lanes));
  }
  const AsyncAccess access(warp, instruction, lowest_lane(lanes));
  if (read_lane(warp, instruction.operands[2], access.lane()) != kTensorMapBytes) {
    access.fail(FaultKind::kAsyncMisuse, "the size must be 128 bytes");
  }
  uint8_t map[kTensorMapBytes];
  access.read_shared(read_own_place(access, instruction.operands[1], kTensorMapBytes), map);
  access.write_global(read_global_address(access, instruction.operands[0], kTensorMapBytes), map);
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tensor_map_replace(const Instruction&) {
  return replace_lanes<false>;
}
Execute tensor_map_replace_dimension(const Instruction&) {
  return replace_lanes<true>;
}
Execute tensor_map_publish(const Instruction&) {
  return publish;
}

}  // namespace handlers
}  // namespace emulator
