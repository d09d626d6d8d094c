// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "emulator/insn/shuffle.cc"
#include <hwy/foreach_target.h>
// foreach_target comes first.
#include <cstring>

#include "emulator/insn/dispatch.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/lane_loops-inl.h"
#include "emulator/insn/synchronisation.h"

HWY_BEFORE_NAMESPACE();
namespace emulator::HWY_NAMESPACE {
namespace {

// Where a lane reads before its segment's limits are applied, and whether that is inside (ISA
// 9.7.9.6). `highest` is the lowest legal lane of up.
struct Up {
  static int from(int lane, int offset, int) { return lane - offset; }
  static bool is_valid(int from, int highest) { return from >= highest; }
};
struct Down {
  static int from(int lane, int offset, int) { return lane + offset; }
  static bool is_valid(int from, int highest) { return from <= highest; }
};
struct Butterfly {
  static int from(int lane, int offset, int) { return lane ^ offset; }
  static bool is_valid(int from, int highest) { return from <= highest; }
};
struct Index {
  static int from(int lane, int offset, int segment) {
    return (lane & segment) | (offset & ~segment);
  }
  static bool is_valid(int from, int highest) { return from <= highest; }
};

struct Sources {
  alignas(64) int32_t lane[kWarpSize];
  LaneMask valid = 0;    // lanes whose source lies in their segment; others read themselves
  LaneMask outside = 0;  // lanes whose source is no member
};

template <typename Mode>
void find_sources(const uint32_t* b, const uint32_t* c, LaneMask members, Sources& sources) {
  for (int lane = 0; lane < kWarpSize; ++lane) {
    const auto clamp = static_cast<int32_t>(c[lane] & 0x1f);
    const auto segment = static_cast<int32_t>((c[lane] >> 8) & 0x1f);
    const int32_t highest = (lane & segment) | (clamp & ~segment);
    const int32_t from = Mode::from(lane, static_cast<int32_t>(b[lane] & 0x1f), segment);
    const bool is_valid = Mode::is_valid(from, highest);
    sources.lane[lane] = (is_valid ? from : lane) & (kWarpSize - 1);
    sources.valid |= static_cast<LaneMask>(is_valid) << lane;
    sources.outside |= (~members >> sources.lane[lane] & 1) << lane;
  }
}

[[noreturn]] void fail_outside(const Warp& warp, const Instruction& instruction, int lane,
                               int from) {
  warp.fail(FaultKind::kWarpMisuse, instruction,
            "lane " + std::to_string(from) + " is read but is not in the member mask", lane);
}

// shfl.sync d|p, a, b, c, members
template <typename Mode>
Outcome shuffle_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const auto members = warp.words<uint32_t>(operands[5])[lowest_lane(lanes) % kWarpSize];
  const Outcome gathered = gather_members(warp, instruction, lanes, members);
  if (gathered != Outcome::kNext) return gathered;
  Sources sources;
  find_sources<Mode>(warp.words<uint32_t>(operands[3]), warp.words<uint32_t>(operands[4]), members,
                     sources);
  if (const LaneMask outside = sources.outside & lanes; outside != 0) {
    const int lane = lowest_lane(outside) % kWarpSize;
    fail_outside(warp, instruction, lane, sources.lane[lane]);
  }
  alignas(64) uint32_t a[kWarpSize];
  std::memcpy(a, warp.words<uint32_t>(operands[2]), sizeof a);
  uint32_t* d = warp.words<uint32_t>(operands[0]);
  visit_lanes(lanes, [&](int lane) { d[lane] = a[sources.lane[lane]]; });
  if (!operands[1].is_absent()) warp.set_predicate(operands[1], lanes, sources.valid);
  return Outcome::kNext;
}

Execute shuffle(const Instruction& instruction) {
  const std::string_view mode = instruction.form->one_of("up|down|bfly|idx");
  if (mode == "up") return shuffle_lanes<Up>;
  if (mode == "down") return shuffle_lanes<Down>;
  if (mode == "bfly") return shuffle_lanes<Butterfly>;
  return shuffle_lanes<Index>;
}

}  // namespace
}  // namespace emulator::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace emulator::handlers {
EMULATOR_DISPATCH(shuffle)
}  // namespace emulator::handlers
#endif
