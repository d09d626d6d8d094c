// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>
#include <vector>

#include "emulator/insn/async_operands.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/units/reduction.h"

namespace emulator {
namespace {

using Bytes = std::vector<uint8_t>;

// The values of a lane, one after the other, as they will lie in memory.
Bytes read_values(const AsyncAccess& access, const Row* rows, int count, uint32_t element_bytes) {
  Bytes bytes(static_cast<size_t>(count) * element_bytes);
  for (int i = 0; i < count; ++i) {
    const uint64_t value = read_lane(access.warp(), rows[i], access.lane());
    std::memcpy(bytes.data() + static_cast<size_t>(i) * element_bytes, &value, element_bytes);
  }
  return bytes;
}

// st.async [shared], values, [mbarrier]
Outcome store_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const int count = instruction.form->vector_width();
  const auto element_bytes = static_cast<uint32_t>(ptx::size_bytes(instruction.form->type()));
  for_each_lane(lanes, [&](int lane) {
    AsyncAccess access(warp, instruction, lane);
    const Bytes bytes = read_values(access, operands + 1, count, element_bytes);
    const auto size = static_cast<uint32_t>(bytes.size());
    const CopyTarget target =
        read_targets(access, operands[0], operands[1 + count], nullptr, size).front();
    access.signals(target.barrier);
    access.claim_destination(target.destination, size);
    Cluster& cluster = warp.cta().cluster;
    cluster.submit(cluster.async.new_pipe(), [=] {
      access.write_shared(target.destination, bytes);
      access.complete_bytes(target.barrier, size);
    });
  });
  return Outcome::kNext;
}

// red.async [shared], value, [mbarrier]
Outcome reduce_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const ptx::Form& form = *instruction.form;
  const Reduction reduction(form.one_of("add|min|max|inc|dec|and|or|xor"), form.type());
  const uint32_t size = reduction.element_bytes();
  for_each_lane(lanes, [&](int lane) {
    AsyncAccess access(warp, instruction, lane);
    const Bytes bytes = read_values(access, operands + 1, 1, size);
    const CopyTarget target = read_targets(access, operands[0], operands[2], nullptr, size).front();
    if (target.destination.cta == &warp.cta()) {
      access.fail(FaultKind::kAsyncMisuse, "the destination must be in another CTA of the cluster",
                  shared_address(target.destination));
    }
    access.signals(target.barrier);
    Cluster& cluster = warp.cta().cluster;
    cluster.submit(cluster.async.new_pipe(), [=] {
      reduction.apply(access.update_shared(target.destination, size), bytes);
      access.complete_bytes(target.barrier, size);
    });
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute async_store(const Instruction&) {
  return store_lanes;
}
Execute async_reduce(const Instruction&) {
  return reduce_lanes;
}

}  // namespace handlers
}  // namespace emulator
