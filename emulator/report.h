// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace emulator {

// One thing wrong with a PTX module, found when it was loaded.
struct Diagnostic {
  int line = 0;         // of the PTX text, from 1
  std::string text;     // that line, without surrounding blanks
  std::string message;  // what is not understood or not supported
};

// A module that cannot run; it carries everything that was found wrong with it, in line order.
class LoadError : public std::runtime_error {
 public:
  explicit LoadError(std::vector<Diagnostic> diagnostics);

  const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// Where a running kernel was when something was found wrong.
struct FaultPlace {
  std::string kernel;
  int ptx_line = 0;
  std::string ptx_text;
  std::string source;  // "file.cu:12" when the PTX has .loc directives, else empty
  uint32_t cta[3] = {0, 0, 0};
  uint32_t warp = 0;
  int lane = -1;         // -1: the whole warp
  uint64_t address = 0;  // 0: no address is involved
};

// What went wrong, as a machine can compare it; the message says it for people.
enum class FaultKind {
  kOutOfBounds,
  kMisaligned,
  kUninitialisedShared,
  kUninitialisedTensorMemory,
  kUninitialisedRegister,
  kBarrierMisuse,
  kMbarrierMisuse,
  kWarpMisuse,  // a warp-wide instruction reached by the wrong set of lanes
  kAsyncMisuse,
  kRace,               // two accesses, one of them a write, that nothing orders
  kMissingProxyFence,  // ordered, but one is asynchronous and no proxy fence lies between them
  kTensorMemoryMisuse,
  kIllegalDescriptor,  // of a matrix or of an instruction
  kGridDependency,     // memory of a grid in front was touched before griddepcontrol.wait
  kUnsupported,
  kTrap,
  kDeadlock,
  kBudget,  // the instruction budget of a launch ran out: probably a livelock
};

const char* fault_kind_name(FaultKind kind);

// The first thing found wrong in a launch; the launch stops there.
class Fault : public std::runtime_error {
 public:
  Fault(FaultKind kind, FaultPlace place, std::string message);

  FaultKind kind() const noexcept { return kind_; }
  const FaultPlace& place() const noexcept { return place_; }
  const std::string& message() const noexcept { return message_; }

 private:
  FaultKind kind_;
  FaultPlace place_;
  std::string message_;
};

}  // namespace emulator
