// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstring>

#include "emulator/core/cta.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

using ptx::StateSpace;

// Loads fill the whole register: signed values with copies of their sign, others with zeros.
template <typename T>
void load_element(Warp& warp, const Row& row, LaneMask lanes, const HostAddresses& from,
                  uint32_t offset) {
  const auto read = [&](int lane) {
    T value;
    std::memcpy(&value, from.lane[lane] + offset, sizeof(T));
    return static_cast<std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>(value);
  };
  if (row.is_wide) {
    uint64_t* d = warp.words<uint64_t>(row);
    for_each_lane(lanes, [&](int lane) { d[lane] = static_cast<uint64_t>(read(lane)); });
  } else {
    uint32_t* d = warp.words<uint32_t>(row);
    for_each_lane(lanes, [&](int lane) { d[lane] = static_cast<uint32_t>(read(lane)); });
  }
}

template <typename T>
void store_element(Warp& warp, const Row& row, LaneMask lanes, const HostAddresses& to,
                   uint32_t offset) {
  const auto write = [&](int lane, uint64_t word) {
    const T value = static_cast<T>(word);
    std::memcpy(to.lane[lane] + offset, &value, sizeof(T));
  };
  if (row.is_wide) {
    const uint64_t* a = warp.words<uint64_t>(row);
    for_each_lane(lanes, [&](int lane) { write(lane, a[lane]); });
  } else {
    const uint32_t* a = warp.words<uint32_t>(row);
    for_each_lane(lanes, [&](int lane) { write(lane, a[lane]); });
  }
}

// Rows of a vector operand; an element of 128 bits is two rows of 64.
int num_rows(const ptx::Form& form) {
  return form.vector_width() * (form.type() == ptx::Type::kB128 ? 2 : 1);
}

// ld d..., [a]
template <typename T, StateSpace kSpace, int kRows>
Outcome load_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  HostAddresses from;
  resolve(warp, instruction, instruction.operands[kRows], lanes, kSpace, sizeof(T) * kRows,
          Access::kRead, from);
  for (int i = 0; i < kRows; ++i) {
    load_element<T>(warp, instruction.operands[i], lanes, from, sizeof(T) * static_cast<size_t>(i));
  }
  return Outcome::kNext;
}

// st [a], b...
template <typename T, StateSpace kSpace, int kRows>
Outcome store_lanes(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  HostAddresses to;
  resolve(warp, instruction, instruction.operands[0], lanes, kSpace, sizeof(T) * kRows,
          Access::kWrite, to);
  for (int i = 0; i < kRows; ++i) {
    store_element<T>(warp, instruction.operands[1 + i], lanes, to,
                     sizeof(T) * static_cast<size_t>(i));
  }
  return Outcome::kNext;
}

template <bool kIsLoad, typename T, StateSpace kSpace>
Execute select_rows(int rows) {
  switch (rows) {
    case 1: return kIsLoad ? load_lanes<T, kSpace, 1> : store_lanes<T, kSpace, 1>;
    case 2: return kIsLoad ? load_lanes<T, kSpace, 2> : store_lanes<T, kSpace, 2>;
    case 4: return kIsLoad ? load_lanes<T, kSpace, 4> : store_lanes<T, kSpace, 4>;
    case 8: return kIsLoad ? load_lanes<T, kSpace, 8> : store_lanes<T, kSpace, 8>;
    default: return nullptr;
  }
}

template <bool kIsLoad, StateSpace kSpace>
Execute select_type(const ptx::Form& form) {
  const bool is_signed = kIsLoad && ptx::is_signed_integer(form.type());
  const int rows = num_rows(form);
  switch (ptx::size_bits(form.type())) {
    case 8:
      return is_signed ? select_rows<kIsLoad, int8_t, kSpace>(rows)
                       : select_rows<kIsLoad, uint8_t, kSpace>(rows);
    case 16:
      return is_signed ? select_rows<kIsLoad, int16_t, kSpace>(rows)
                       : select_rows<kIsLoad, uint16_t, kSpace>(rows);
    case 32:
      return is_signed ? select_rows<kIsLoad, int32_t, kSpace>(rows)
                       : select_rows<kIsLoad, uint32_t, kSpace>(rows);
    default: return select_rows<kIsLoad, uint64_t, kSpace>(rows);
  }
}

template <bool kIsLoad>
Execute select_space(const ptx::Form& form) {
  switch (space_of(form)) {
    case StateSpace::kGlobal:
    case StateSpace::kConst: return select_type<kIsLoad, StateSpace::kGlobal>(form);
    case StateSpace::kShared: return select_type<kIsLoad, StateSpace::kShared>(form);
    case StateSpace::kLocal: return select_type<kIsLoad, StateSpace::kLocal>(form);
    case StateSpace::kParam: return select_type<kIsLoad, StateSpace::kParam>(form);
    case StateSpace::kGeneric: return select_type<kIsLoad, StateSpace::kGeneric>(form);
  }
  return nullptr;
}

}  // namespace

namespace handlers {

Execute load(const Instruction& instruction) {
  return select_space<true>(*instruction.form);
}
Execute store(const Instruction& instruction) {
  return select_space<false>(*instruction.form);
}

}  // namespace handlers
}  // namespace emulator
