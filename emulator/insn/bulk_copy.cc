// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <memory>
#include <vector>

#include "emulator/insn/async_operands.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/units/reduction.h"

namespace emulator {
namespace {

constexpr uint32_t kAlignment = 16;
constexpr uint32_t kAllBytes = 0xffff;

using Buffer = std::vector<uint8_t>;

// Half of a copy, in units of 16 bytes.
uint32_t first_half(uint32_t bytes) {
  return bytes / 2 / kAlignment * kAlignment;
}

SharedPlace behind(const SharedPlace& place, uint32_t bytes) {
  return {place.cta, place.offset + bytes};
}

void copy_to_shared(const AsyncAccess& access, uint64_t source, const SharedPlace& destination,
                    uint32_t bytes) {
  if (bytes == 0) return;
  Buffer buffer(bytes);
  access.read_global(source, buffer);
  access.write_shared(destination, buffer);
}

void load(AsyncAccess access, uint64_t source, const CopyTarget& target, uint32_t bytes) {
  access.signals(target.barrier);
  access.claim_destination(target.destination, bytes);
  const uint32_t half = first_half(bytes);
  access.warp().cta().cluster.submit_steps(
      [=] { copy_to_shared(access, source, target.destination, half); },
      [=] {
        copy_to_shared(access, source + half, behind(target.destination, half), bytes - half);
        access.complete_bytes(target.barrier, bytes);
      });
}

// cp.async.bulk [shared], [global], size, [mbarrier], mask
template <bool kIsMulticast>
Outcome load_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  for_each_lane(lanes, [&](int lane) {
    const AsyncAccess access(warp, instruction, lane);
    const uint64_t source = read_global_address(access, operands[1], kAlignment);
    const uint32_t bytes = read_bulk_size(access, operands[2]);
    const Row* mask = kIsMulticast ? &operands[4] : nullptr;
    for (const CopyTarget& target :
         read_targets(access, operands[0], operands[3], mask, kAlignment)) {
      load(access, source, target, bytes);
    }
  });
  return Outcome::kNext;
}

// Reads the lane's own shared memory into the buffer; then it may be overwritten.
void read_source(const AsyncAccess& access, const SharedPlace& source, Buffer& buffer) {
  access.read_shared(source, buffer);
  access.release_source(source, static_cast<uint32_t>(buffer.size()));
}

Reduction reduction_of(const ptx::Form& form) {
  return {form.one_of("add|min|max|inc|dec|and|or|xor"), form.type()};
}

// cp.async.bulk, cp.reduce.async.bulk [shared::cluster], [shared::cta], size, [mbarrier]
template <bool kReduces>
Outcome send_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const Reduction reduction = reduction_of(*instruction.form);
  for_each_lane(lanes, [&](int lane) {
    AsyncAccess access(warp, instruction, lane);
    const SharedPlace source = read_own_place(access, operands[1], kAlignment);
    const uint32_t bytes = read_bulk_size(access, operands[2]);
    const CopyTarget target =
        read_targets(access, operands[0], operands[3], nullptr, kAlignment).front();
    access.signals(target.barrier);
    if (target.destination.cta == source.cta) {
      access.fail(FaultKind::kAsyncMisuse, "the destination must be in another CTA of the cluster",
                  shared_address(target.destination));
    }
    access.claim_source(source, bytes);
    if (!kReduces) access.claim_destination(target.destination, bytes);
    auto buffer = std::make_shared<Buffer>(bytes);
    warp.cta().cluster.submit_steps(
        [=] { read_source(access, source, *buffer); },
        [=] {
          if constexpr (kReduces) {
            reduction.apply(access.update_shared(target.destination, bytes), *buffer);
          } else {
            access.write_shared(target.destination, *buffer);
          }
          access.complete_bytes(target.barrier, bytes);
        });
  });
  return Outcome::kNext;
}

// .cp_mask: bit i says whether byte i of every 16 is written.
void write_masked(const AsyncAccess& access, uint64_t destination, const Buffer& buffer,
                  uint64_t mask) {
  for (uint32_t i = 0; i < buffer.size(); ++i) {
    if ((mask >> (i % 16)) & 1) access.write_global(destination + i, std::span(&buffer[i], 1));
  }
}

// Where the byte mask stands: behind the cache policy, if there is one.
uint64_t read_byte_mask(const Warp& warp, const Instruction& instruction, int lane) {
  if (!instruction.form->has("cp_mask")) return kAllBytes;
  return read_lane(warp, instruction.operands[instruction.num_operands - 1], lane);
}

// cp.async.bulk, cp.reduce.async.bulk [global], [shared], size
template <bool kReduces>
Outcome store_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* operands = instruction.operands;
  const Reduction reduction = reduction_of(*instruction.form);
  for_each_lane(lanes, [&](int lane) {
    const AsyncAccess access(warp, instruction, lane);
    const uint64_t destination = read_global_address(access, operands[0], kAlignment);
    const SharedPlace source = read_own_place(access, operands[1], kAlignment);
    const uint32_t bytes = read_bulk_size(access, operands[2]);
    if (bytes == 0) return;
    const uint64_t mask = read_byte_mask(warp, instruction, lane);
    access.claim_source(source, bytes);
    BulkGroups& groups = warp.bulk_groups[lane];
    const BulkGroups::Group group = groups.begin_copy(instruction);
    const GroupAccess in_group(access, group);
    auto buffer = std::make_shared<Buffer>(bytes);
    warp.cta().cluster.submit_steps(
        [=, &groups] {
          read_source(in_group.reading, source, *buffer);
          groups.finish_read(group);
        },
        [=, &groups] {
          if constexpr (kReduces) {
            reduction.apply(in_group.writing.update_global(destination, bytes), *buffer);
          } else if (mask == kAllBytes) {
            in_group.writing.write_global(destination, *buffer);
          } else {
            write_masked(in_group.writing, destination, *buffer, mask);
          }
          groups.finish_write(group);
        });
  });
  return Outcome::kNext;
}

// cp.async.bulk.prefetch [global], size: a hint, whose operands must be legal all the same.
Outcome prefetch_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const AsyncAccess access(warp, instruction, lane);
    read_global_address(access, instruction.operands[0], kAlignment);
    read_bulk_size(access, instruction.operands[1]);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute bulk_load(const Instruction&) {
  return load_lanes<false>;
}
Execute bulk_multicast(const Instruction&) {
  return load_lanes<true>;
}
Execute bulk_send(const Instruction&) {
  return send_lanes<false>;
}
Execute bulk_send_reduce(const Instruction&) {
  return send_lanes<true>;
}
Execute bulk_store(const Instruction&) {
  return store_lanes<false>;
}
Execute bulk_reduce(const Instruction&) {
  return store_lanes<true>;
}
Execute bulk_prefetch(const Instruction&) {
  return prefetch_lanes;
}

}  // namespace handlers
}  // namespace emulator
