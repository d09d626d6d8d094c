// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/special_value.h"

#include <chrono>

#include "emulator/core/address_space.h"
#include "emulator/core/cta.h"

namespace emulator {
namespace {

uint64_t nanoseconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::nanoseconds(now).count());
}

uint32_t sm_of(const Cta& cta) {
  const Extent& grid = cta.cluster.grid.launch.grid;
  const uint64_t flat = (uint64_t{cta.id.z} * grid.y + cta.id.y) * grid.x + cta.id.x;
  return static_cast<uint32_t>(flat % cta.cluster.grid.device.num_sms);
}

}  // namespace

uint64_t special_value(const Warp& warp, ptx::SpecialRegister special, int lane) {
  using enum ptx::SpecialRegister;
  const Cta& cta = warp.cta();
  const Cluster& cluster = cta.cluster;
  const Launch& launch = cluster.grid.launch;
  const Extent& block = launch.block;
  const Extent& size = launch.cluster;
  const uint32_t thread = warp.id() * kWarpSize + static_cast<uint32_t>(lane);
  const LaneMask bit = LaneMask{1} << lane;
  switch (special) {
    case kTidX: return thread % block.x;
    case kTidY: return thread / block.x % block.y;
    case kTidZ: return thread / block.x / block.y;
    case kNtidX: return block.x;
    case kNtidY: return block.y;
    case kNtidZ: return block.z;
    case kCtaidX: return cta.id.x;
    case kCtaidY: return cta.id.y;
    case kCtaidZ: return cta.id.z;
    case kNctaidX: return launch.grid.x;
    case kNctaidY: return launch.grid.y;
    case kNctaidZ: return launch.grid.z;
    case kLaneid: return static_cast<uint64_t>(lane);
    case kWarpid: return warp.id();
    case kNwarpid: return cta.warps.size();
    case kSmid: return sm_of(cta);
    case kNsmid: return cluster.grid.device.num_sms;
    case kGridid: return cluster.grid.id;
    case kLanemaskEq: return bit;
    case kLanemaskLt: return bit - 1;
    case kLanemaskLe: return bit | (bit - 1);
    case kLanemaskGt: return ~(bit | (bit - 1));
    case kLanemaskGe: return ~(bit - 1);
    case kClusteridX: return cluster.id.x;
    case kClusteridY: return cluster.id.y;
    case kClusteridZ: return cluster.id.z;
    case kNclusteridX: return launch.grid.x / size.x;
    case kNclusteridY: return launch.grid.y / size.y;
    case kNclusteridZ: return launch.grid.z / size.z;
    case kClusterCtaidX: return cta.id.x % size.x;
    case kClusterCtaidY: return cta.id.y % size.y;
    case kClusterCtaidZ: return cta.id.z % size.z;
    case kClusterNctaidX: return size.x;
    case kClusterNctaidY: return size.y;
    case kClusterNctaidZ: return size.z;
    case kClusterCtarank: return cta.rank;
    case kClusterNctarank: return size.count();
    case kIsExplicitCluster: return launch.has_explicit_cluster;
    case kDynamicSmemSize: return launch.dynamic_shared_bytes;
    case kTotalSmemSize: return cta.shared.end() - kReservedSharedBytes;
    // A warp's clock counts its instructions, so that a run replays; only timers tell real time.
    case kClock: return static_cast<uint32_t>(warp.num_executed);
    case kClockHi: return warp.num_executed >> 32;
    case kClock64: return warp.num_executed;
    case kGlobaltimer: return nanoseconds_now();
    case kGlobaltimerLo: return static_cast<uint32_t>(nanoseconds_now());
    case kGlobaltimerHi: return nanoseconds_now() >> 32;
  }
  return 0;
}

}  // namespace emulator
