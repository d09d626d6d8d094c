// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "tests/emulator/kernel_runner.h"

// Planted races: each must be found under every schedule, with both places named, and its repaired
// twin must pass.
namespace emulator {

struct PlantedRace {
  const char* name;
  FaultKind kind;
  // Lines that begin with + are only in the repaired twin, with - only in the faulty one.
  const char* body;
  // The PTX lines of both accesses; which of them comes later is up to the schedule.
  const char* one;
  const char* other;
  uint32_t num_ctas = 1;
  uint32_t cluster_size = 1;
};

void PrintTo(const PlantedRace& race, std::ostream* out);

// What the kernels begin with, for 64 threads. %own and %other are words of shared memory that
// belong to this thread and to one of the other warp; all are zero. %p1: warp 0, %p2: thread 0,
// %p3: lane 0, %p4: CTA 0.
extern const char* const kRaceStart;

void expect_race(const PlantedRace& race, const char* schedule);
void expect_repaired(const PlantedRace& race, const char* schedule);

}  // namespace emulator
