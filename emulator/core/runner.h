// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/grid.h"

namespace emulator {

// Runs a launch to its end on the host's cores. Throws the first Fault that any of its warps meets.
LaunchCounts run_launch(const Launch& launch, const DeviceModel& device, const GlobalMemory& memory,
                        const RunOptions& options);

// How many CTAs of the launch one SM of the device holds at a time; 0: not even one.
uint32_t ctas_per_sm(const Program& program, const DeviceModel& device, uint32_t threads_per_cta,
                     uint32_t dynamic_shared_bytes);

}  // namespace emulator
