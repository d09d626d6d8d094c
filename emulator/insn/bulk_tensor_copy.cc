// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <optional>

#include "emulator/insn/async_operands.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/scalar_loop.h"
#include "emulator/insn/tensor_map_access.h"
#include "emulator/units/tensor_copy.h"

namespace emulator {
namespace {

// Boxes begin at a multiple of this in shared memory, whatever their swizzle.
constexpr uint32_t kBoxAlignment = 128;

using Mode = TensorBox::Mode;

Mode mode_of(const ptx::Form& form) {
  return form.one_of("tile::gather4|tile::scatter4").empty() ? Mode::kTile : Mode::kFourRows;
}

std::vector<int32_t> read_coordinates(const AsyncAccess& access, const Row* rows) {
  std::vector<int32_t> coordinates;
  for (int i = 0; i < access.instruction().form->num_coordinates(); ++i) {
    coordinates.push_back(static_cast<int32_t>(read_lane(access.warp(), rows[i], access.lane())));
  }
  return coordinates;
}

// Not in the manual: an H200 calls the instruction illegal when a box begins between two units.
void check_start(const AsyncAccess& access, const TensorMap& map, int64_t coordinate) {
  constexpr int64_t kUnitBytes = 16;
  if (coordinate * map.element_bytes() % kUnitBytes == 0) return;
  access.fail(FaultKind::kMisaligned, "the box begins at coordinate " + std::to_string(coordinate) +
                                          " of dimension 0, which is not a multiple of 16 bytes");
}

// The operand [map, {coordinates}]; `rows` are the map's address and the coordinates.
TensorBox read_box(const AsyncAccess& access, const Row* rows) {
  const TensorMap map = read_tensor_map(access, rows[0]);
  const Mode mode = mode_of(*access.instruction().form);
  if (map.interleave != 0) {
    access.fail(FaultKind::kUnsupported, "interleaved tensors are not supported");
  }
  if (mode == Mode::kFourRows && map.box[1] != 1) {
    access.fail(FaultKind::kAsyncMisuse,
                "four rows need a box of one row, not " + std::to_string(map.box[1]));
  }
  const std::vector<int32_t> coordinates = read_coordinates(access, rows + 1);
  check_start(access, map, coordinates.front());
  return {map, mode, coordinates};
}

void load(AsyncAccess access, const TensorBox& box, const CopyTarget& target) {
  access.signals(target.barrier);
  const TensorCopy copy(access, box);
  copy.claim_destination(target.destination);
  const uint32_t num_rows = copy.box().num_rows();
  const uint32_t half = num_rows / 2;
  copy.access().warp().cta().cluster.submit_steps(
      [=] { copy.load_rows(0, half, target.destination); },
      [=] {
        copy.load_rows(half, num_rows, target.destination);
        copy.access().complete_bytes(target.barrier, copy.box().bytes());
      });
}

// cp.async.bulk.tensor [shared], [map, {coordinates}], [mbarrier], mask
template <bool kIsMulticast>
Outcome load_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* destination = instruction.operands;
  const Row* source = destination + 1;
  const Row* barrier = source + 1 + instruction.form->num_coordinates();
  const Row* mask = kIsMulticast ? barrier + 1 : nullptr;
  for_each_lane(lanes, [&](int lane) {
    const AsyncAccess access(warp, instruction, lane);
    const TensorBox box = read_box(access, source);
    for (const CopyTarget& target :
         read_targets(access, *destination, *barrier, mask, kBoxAlignment)) {
      load(access, box, target);
    }
  });
  return Outcome::kNext;
}

void check_store_coordinates(const AsyncAccess& access, const Row* rows) {
  const std::vector<int32_t> coordinates = read_coordinates(access, rows);
  if (std::ranges::none_of(coordinates, [](int32_t c) { return c < 0; })) return;
  access.fail(FaultKind::kAsyncMisuse, "a store must begin at coordinates that are not negative");
}

Reduction reduction_of(const AsyncAccess& access, const TensorMap& map) {
  const std::string_view operation =
      access.instruction().form->one_of("add|min|max|inc|dec|and|or|xor");
  const Reduction reduction(operation, map.element_type(), map.flushes_subnormals());
  // Tensors of f64 are copied, but not added.
  const bool is_double = map.element_type() == ptx::Type::kF64;
  if (!reduction.is_supported() || is_double) {
    access.fail(FaultKind::kAsyncMisuse, "there is no ." + std::string(operation) +
                                             " of tensors of type ." +
                                             std::string(ptx::type_name(map.element_type())));
  }
  return reduction;
}

void store(const TensorCopy& copy, const SharedPlace& source,
           const std::optional<Reduction>& reduction) {
  const AsyncAccess& access = copy.access();
  copy.claim_source(source);
  BulkGroups& groups = access.warp().bulk_groups[access.lane()];
  const BulkGroups::Group group = groups.begin_copy(access.instruction());
  auto buffer = std::make_shared<std::vector<uint8_t>>();
  const GroupAccess in_group(access, group);
  const auto read = [=, &groups, reader = TensorCopy(in_group.reading, copy.box())] {
    *buffer = reader.read_box(source);
    reader.release_source(source);
    groups.finish_read(group);
  };
  const auto write = [=, &groups, writer = TensorCopy(in_group.writing, copy.box())] {
    if (reduction) {
      writer.reduce_box(*buffer, *reduction);
    } else {
      writer.store_box(*buffer);
    }
    groups.finish_write(group);
  };
  access.warp().cta().cluster.submit_steps(read, write);
}

// cp.async.bulk.tensor, cp.reduce.async.bulk.tensor [map, {coordinates}], [shared]
template <bool kReduces>
Outcome store_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const Row* destination = instruction.operands;
  const Row* source = destination + 1 + instruction.form->num_coordinates();
  for_each_lane(lanes, [&](int lane) {
    const AsyncAccess access(warp, instruction, lane);
    const TensorCopy copy(access, read_box(access, destination));
    check_store_coordinates(access, destination + 1);
    const SharedPlace place = read_own_place(access, *source, kBoxAlignment);
    std::optional<Reduction> reduction;
    if constexpr (kReduces) reduction = reduction_of(access, copy.box().map());
    store(copy, place, reduction);
  });
  return Outcome::kNext;
}

// cp.async.bulk.prefetch.tensor [map, {coordinates}]: a hint with operands that must be legal.
Outcome prefetch_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    read_box(AsyncAccess(warp, instruction, lane), instruction.operands);
  });
  return Outcome::kNext;
}

}  // namespace

namespace handlers {

Execute tensor_load(const Instruction&) {
  return load_lanes<false>;
}
Execute tensor_multicast(const Instruction&) {
  return load_lanes<true>;
}
Execute tensor_store(const Instruction&) {
  return store_lanes<false>;
}
Execute tensor_reduce(const Instruction&) {
  return store_lanes<true>;
}
Execute tensor_prefetch(const Instruction&) {
  return prefetch_lanes;
}

}  // namespace handlers
}  // namespace emulator
