// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// What the device side of the C library calls: printf and assert. Parameters lie in local memory.
#include <cstdio>
#include <cstring>

#include "emulator/insn/formatted_text.h"
#include "emulator/insn/handlers.h"
#include "emulator/insn/memory_access.h"
#include "emulator/insn/scalar_loop.h"

namespace emulator {
namespace {

// Memory as one lane of a call sees it.
class LaneMemory {
 public:
  LaneMemory(Warp& warp, const Instruction& instruction, int lane)
      : warp_(warp), instruction_(instruction), lane_(lane) {}

  template <typename T>
  T read(ptx::StateSpace space, uint64_t address) const {
    T value;
    std::memcpy(&value,
                resolve_lane(warp_, instruction_, address, lane_, space, sizeof(T), Access::kRead),
                sizeof(T));
    return value;
  }
  template <typename T>
  T parameter(int operand) const {
    return read<T>(ptx::StateSpace::kLocal,
                   read_lane(warp_, instruction_.operands[operand], lane_));
  }
  std::string string(uint64_t address) const {
    std::string text;
    while (const char c = read<char>(ptx::StateSpace::kGeneric, address++)) text += c;
    return text;
  }
  PrintArguments arguments_at(uint64_t buffer) const {
    const auto read_generic = [this, buffer](auto value) {
      return [this, buffer](uint64_t offset) {
        return read<decltype(value)>(ptx::StateSpace::kGeneric, buffer + offset);
      };
    };
    return {read_generic(uint32_t{}), read_generic(uint64_t{}),
            [this](uint64_t address) { return string(address); }};
  }

 private:
  Warp& warp_;
  const Instruction& instruction_;
  int lane_;
};

// vprintf(format, arguments), which returns the number of arguments.
Outcome print(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  for_each_lane(lanes, [&](int lane) {
    const LaneMemory memory(warp, instruction, lane);
    const auto format = memory.parameter<uint64_t>(1);
    const auto arguments = memory.parameter<uint64_t>(2);
    const FormattedText printed =
        format_text(memory.string(format), memory.arguments_at(arguments));
    std::fwrite(printed.text.data(), 1, printed.text.size(), stdout);
    const uint64_t result = read_lane(warp, instruction.operands[0], lane);
    std::memcpy(warp.local_memory(lane) + result, &printed.num_arguments, sizeof(int));
  });
  return Outcome::kNext;
}

// __assertfail(condition, file, line, function, size of a character)
Outcome stop_at_assertion(Warp& warp, const Instruction& instruction, LaneMask lanes) {
  const int lane = lowest_lane(lanes);
  const LaneMemory memory(warp, instruction, lane);
  warp.fail(FaultKind::kTrap, instruction,
            memory.string(memory.parameter<uint64_t>(1)) + ":" +
                std::to_string(memory.parameter<uint32_t>(2)) + ": " +
                memory.string(memory.parameter<uint64_t>(3)) + ": assertion `" +
                memory.string(memory.parameter<uint64_t>(0)) + "' failed",
            lane);
}

}  // namespace

namespace handlers {

Execute print_formatted(const Instruction&) {
  return print;
}
Execute fail_assertion(const Instruction&) {
  return stop_at_assertion;
}

}  // namespace handlers
}  // namespace emulator
