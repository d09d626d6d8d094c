// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/report.h"

#include <cstdio>
#include <utility>

namespace emulator {
namespace {

std::string describe(const std::vector<Diagnostic>& diagnostics) {
  std::string text =
      "PTX module not loaded, " + std::to_string(diagnostics.size()) + " problem(s):";
  for (const Diagnostic& d : diagnostics) {
    text += "\n  line " + std::to_string(d.line) + ": " + d.message;
    if (!d.text.empty()) text += "\n    " + d.text;
  }
  return text;
}

std::string hexadecimal(uint64_t value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%llx", static_cast<unsigned long long>(value));
  return buffer;
}

std::string describe(FaultKind kind, const FaultPlace& place, const std::string& message) {
  std::string text = std::string(fault_kind_name(kind)) + ": " + message;
  text += "\n  kernel " + place.kernel;
  if (place.ptx_line > 0) {
    text += "\n  PTX line " + std::to_string(place.ptx_line) + ": " + place.ptx_text;
  }
  if (!place.source.empty()) text += "\n  source " + place.source;
  text += "\n  CTA (" + std::to_string(place.cta[0]) + ", " + std::to_string(place.cta[1]) + ", " +
          std::to_string(place.cta[2]) + "), warp " + std::to_string(place.warp);
  if (place.lane >= 0) text += ", lane " + std::to_string(place.lane);
  if (place.address != 0) text += "\n  address " + hexadecimal(place.address);
  return text;
}

}  // namespace

LoadError::LoadError(std::vector<Diagnostic> diagnostics)
    : std::runtime_error(describe(diagnostics)), diagnostics_(std::move(diagnostics)) {}

const char* fault_kind_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kOutOfBounds: return "out of bounds";
    case FaultKind::kMisaligned: return "misaligned";
    case FaultKind::kUninitialisedShared: return "uninitialised shared memory";
    case FaultKind::kUninitialisedTensorMemory: return "uninitialised tensor memory";
    case FaultKind::kUninitialisedRegister: return "uninitialised register";
    case FaultKind::kBarrierMisuse: return "barrier misuse";
    case FaultKind::kMbarrierMisuse: return "mbarrier misuse";
    case FaultKind::kWarpMisuse: return "warp misuse";
    case FaultKind::kAsyncMisuse: return "asynchronous operation misuse";
    case FaultKind::kRace: return "race";
    case FaultKind::kMissingProxyFence: return "missing proxy fence";
    case FaultKind::kTensorMemoryMisuse: return "tensor memory misuse";
    case FaultKind::kIllegalDescriptor: return "illegal descriptor";
    case FaultKind::kGridDependency: return "grid dependency";
    case FaultKind::kUnsupported: return "unsupported";
    case FaultKind::kTrap: return "trap";
    case FaultKind::kDeadlock: return "deadlock";
    case FaultKind::kBudget: return "instruction budget";
  }
  return "fault";
}

Fault::Fault(FaultKind kind, FaultPlace place, std::string message)
    : std::runtime_error(describe(kind, place, message)),
      kind_(kind),
      place_(std::move(place)),
      message_(std::move(message)) {}

}  // namespace emulator
