// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcuda/state.h"

#include <cstdio>
#include <cstdlib>

#include "emulator/libcuda/stream.h"
#include "emulator/report.h"

namespace emulator::libcuda {
namespace {

constexpr uint64_t kDefaultMemoryBytes = uint64_t{16} << 30;

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

uint64_t environment_number(const char* name, uint64_t otherwise) {
  const std::string text = environment(name, "");
  return text.empty() ? otherwise : std::strtoull(text.c_str(), nullptr, 10);
}

// "emulator:sm_100" names the device; any other target leaves the default.
std::string device_target() {
  const std::string target = environment("TOKENSPEED_MLA_TARGET", "emulator:sm_90");
  const std::string prefix = "emulator:";
  return target.starts_with(prefix) ? target.substr(prefix.size()) : "sm_90";
}

// Follows the schedule unless the environment says otherwise.
DependentOrder dependent_order(ScheduleKind schedule) {
  const std::string text = environment("TOKENSPEED_MLA_EMULATOR_PDL", "");
  if (text == "serial") return DependentOrder::kSerial;
  if (text == "early") return DependentOrder::kEarly;
  if (!text.empty()) {
    std::fprintf(stderr,
                 "emulator: TOKENSPEED_MLA_EMULATOR_PDL must be serial or early, got '%s'\n",
                 text.c_str());
  }
  switch (schedule) {
    case ScheduleKind::kEager: return DependentOrder::kSerial;
    case ScheduleKind::kLazy: return DependentOrder::kEarly;
    case ScheduleKind::kRandom: return DependentOrder::kRandom;
  }
  return DependentOrder::kSerial;
}

CUresult result_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kOutOfBounds: return kErrorIllegalAddress;
    case FaultKind::kMisaligned: return kErrorMisalignedAddress;
    case FaultKind::kUnsupported: return kErrorIllegalInstruction;
    default: return kErrorLaunchFailed;
  }
}

}  // namespace

State::State()
    : device(find_device_model(device_target())),
      memory(environment_number("TOKENSPEED_MLA_EMULATOR_MEMORY_BYTES", kDefaultMemoryBytes)) {
  const std::string schedule = environment("TOKENSPEED_MLA_EMULATOR_SCHEDULE", "eager");
  if (!parse_schedule(schedule, options.schedule)) {
    std::fprintf(stderr,
                 "emulator: TOKENSPEED_MLA_EMULATOR_SCHEDULE must be eager, lazy or "
                 "random:SEED, got '%s'\n",
                 schedule.c_str());
  }
  const std::string arithmetic = environment("TOKENSPEED_MLA_EMULATOR_ARITHMETIC", "exact");
  if (!parse_arithmetic(arithmetic, options.arithmetic)) {
    std::fprintf(stderr,
                 "emulator: TOKENSPEED_MLA_EMULATOR_ARITHMETIC must be exact or fast, got '%s'\n",
                 arithmetic.c_str());
  }
  const std::string races = environment("TOKENSPEED_MLA_EMULATOR_RACES", "off");
  if (!check::parse_race_level(races, options.races)) {
    std::fprintf(stderr,
                 "emulator: TOKENSPEED_MLA_EMULATOR_RACES must be off, error, proxy (or 1) or "
                 "pedantic, got '%s'\n",
                 races.c_str());
  }
  const std::string rules = environment("TOKENSPEED_MLA_EMULATOR_RULES", "manual");
  options.follows_manual = rules != "hardware";
  if (rules != "manual" && rules != "hardware") {
    std::fprintf(stderr,
                 "emulator: TOKENSPEED_MLA_EMULATOR_RULES must be manual or hardware, got '%s'\n",
                 rules.c_str());
  }
  options.num_workers =
      static_cast<uint32_t>(environment_number("TOKENSPEED_MLA_EMULATOR_WORKERS", 0));
  options.max_instructions =
      environment_number("TOKENSPEED_MLA_EMULATOR_MAX_INSTRUCTIONS", options.max_instructions);
  if (const std::string path = environment("TOKENSPEED_MLA_EMULATOR_COUNTERS", ""); !path.empty()) {
    counters = std::make_unique<trace::CounterLog>(path);
    options.counters = counters.get();
  }
  if (const std::string path = environment("TOKENSPEED_MLA_EMULATOR_TRACE", ""); !path.empty()) {
    trace = std::make_unique<trace::TraceLog>(path);
    options.trace = trace.get();
  }
  dependents = dependent_order(options.schedule.kind);
  if (options.schedule.kind == ScheduleKind::kRandom) random.emplace(options.schedule.seed);
  defers_work = random.has_value() || dependents != DependentOrder::kSerial;
}

bool State::chooses_early() {
  if (dependents == DependentOrder::kRandom) return (*random)() % 2 == 0;
  return dependents == DependentOrder::kEarly;
}

State& state() {
  static State instance;
  return instance;
}

CUresult guarded(const std::function<CUresult()>& body) {
  State& shared = state();
  const std::lock_guard lock(shared.mutex);
  if (!shared.device) return kErrorNoDevice;
  if (shared.sticky_error != kSuccess) return shared.sticky_error;
  try {
    return body();
  } catch (const Fault& fault) {
    std::fprintf(stderr, "emulator: %s\n", fault.what());
    return shared.sticky_error = result_of(fault.kind());
  } catch (const LoadError& error) {
    std::fprintf(stderr, "emulator: %s\n", error.what());
    return kErrorInvalidPtx;
  } catch (const std::bad_alloc&) {
    return kErrorOutOfMemory;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "emulator: %s\n", error.what());
    return kErrorUnknown;
  }
}

}  // namespace emulator::libcuda
