// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/cta.h"
#include "emulator/report.h"

namespace emulator {

// True when some lanes wait at an mbarrier, so that a time limit could let them go on.
bool has_mbarrier_wait(const Cluster& cluster);

// Says for every group of lanes where it is and what it waits for, with the state of the barriers.
Fault make_deadlock_fault(const Cluster& cluster);

}  // namespace emulator
