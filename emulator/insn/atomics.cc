// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>

#include "emulator/insn/bitwise_operations.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

// Applies `change` to the word at each lane's address, one lane after the other; other warps may
// run on other host threads, so that each step is a host atomic. atom returns the old value, red
// does not.
template <typename Word, bool kReturnsOld, typename Change>
Outcome update(Warp& warp, const Instruction& instruction, LaneMask lanes, Change&& change) {
  const Row* operands = instruction.operands + (kReturnsOld ? 1 : 0);
  HostAddresses addresses;
  resolve(warp, instruction, operands[0], lanes, space_of(*instruction.form), sizeof(Word),
          Access::kReadWrite, addresses);
  for_each_lane(lanes, [&](int lane) {
    std::atomic_ref<Word> word(*reinterpret_cast<Word*>(addresses.lane[lane]));
    const auto operand = static_cast<Word>(read_lane(warp, operands[1], lane));
    Word old = word.load();
    while (!word.compare_exchange_weak(old, change(old, operand, lane))) {
    }
    if (kReturnsOld) write_lane(warp, instruction.operands[0], lane, old);
  });
  return Outcome::kNext;
}

struct Exchange {
  template <typename T>
  static T apply(T, T b) {
    return b;
  }
};
struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    return std::min(a, b);
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    return std::max(a, b);
  }
};
struct Increment {
  static uint32_t apply(uint32_t a, uint32_t b) { return a >= b ? 0 : a + 1; }
};
struct Decrement {
  static uint32_t apply(uint32_t a, uint32_t b) { return a == 0 || a > b ? b : a - 1; }
};

// The operation on numbers of type T, stored as words.
template <typename Operation, typename T, typename Word, bool kReturnsOld>
Outcome combine(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return update<Word, kReturnsOld>(warp, instruction, lanes, [](Word old, Word operand, int) {
    const T result = Operation::apply(std::bit_cast<T>(old), std::bit_cast<T>(operand));
    return std::bit_cast<Word>(result);
  });
}

template <typename Operation, bool kReturnsOld>
Execute select_integer(ptx::Type type) {
  switch (type) {
    case ptx::Type::kS32: return combine<Operation, int32_t, uint32_t, kReturnsOld>;
    case ptx::Type::kS64: return combine<Operation, int64_t, uint64_t, kReturnsOld>;
    case ptx::Type::kB64:
    case ptx::Type::kU64: return combine<Operation, uint64_t, uint64_t, kReturnsOld>;
    default: return combine<Operation, uint32_t, uint32_t, kReturnsOld>;
  }
}

// Unsigned addition wraps as the signed one does, without being undefined.
template <bool kReturnsOld>
Execute select_sum(ptx::Type type) {
  return ptx::size_bits(type) == 64 ? combine<Add, uint64_t, uint64_t, kReturnsOld>
                                    : combine<Add, uint32_t, uint32_t, kReturnsOld>;
}

template <bool kReturnsOld>
Execute select_operation(const Instruction& instruction) {
  const ptx::Form& form = *instruction.form;
  const ptx::Type type = form.type();
  const std::string_view word = form.one_of("and|or|xor|exch|add|min|max|inc|dec");
  if (word == "and") return select_integer<And, kReturnsOld>(type);
  if (word == "or") return select_integer<Or, kReturnsOld>(type);
  if (word == "xor") return select_integer<Xor, kReturnsOld>(type);
  if (word == "exch") return select_integer<Exchange, kReturnsOld>(type);
  if (word == "min") return select_integer<Min, kReturnsOld>(type);
  if (word == "max") return select_integer<Max, kReturnsOld>(type);
  if (word == "inc") return combine<Increment, uint32_t, uint32_t, kReturnsOld>;
  if (word == "dec") return combine<Decrement, uint32_t, uint32_t, kReturnsOld>;
  if (type == ptx::Type::kF32) return combine<Add, float, uint32_t, kReturnsOld>;
  if (type == ptx::Type::kF64) return combine<Add, double, uint64_t, kReturnsOld>;
  return select_sum<kReturnsOld>(type);
}

// atom.cas d, [a], b, c: writes c where the old value is b.
template <typename Word>
Outcome compare_and_swap(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  return update<Word, true>(warp, instruction, lanes, [&](Word old, Word expected, int lane) {
    const auto desired = static_cast<Word>(read_lane(warp, instruction.operands[3], lane));
    return old == expected ? desired : old;
  });
}

}  // namespace

namespace handlers {

Execute atomic_bitwise(const Instruction& i) {
  return select_operation<true>(i);
}
Execute atomic_integer(const Instruction& i) {
  return select_operation<true>(i);
}
Execute atomic_wrap(const Instruction& i) {
  return select_operation<true>(i);
}
Execute atomic_float(const Instruction& i) {
  return select_operation<true>(i);
}
Execute reduce_bitwise(const Instruction& i) {
  return select_operation<false>(i);
}
Execute reduce_integer(const Instruction& i) {
  return select_operation<false>(i);
}
Execute reduce_wrap(const Instruction& i) {
  return select_operation<false>(i);
}
Execute reduce_float(const Instruction& i) {
  return select_operation<false>(i);
}

Execute atomic_compare_and_swap(const Instruction& instruction) {
  switch (ptx::size_bits(instruction.form->type())) {
    case 16: return compare_and_swap<uint16_t>;
    case 32: return compare_and_swap<uint32_t>;
    default: return compare_and_swap<uint64_t>;
  }
}

}  // namespace handlers
}  // namespace emulator
