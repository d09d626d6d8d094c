// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/cta.h"
#include "emulator/report.h"

namespace emulator {

// Whether some lanes wait for this kind of event.
bool has_wait(const Cluster& cluster, Wait::Kind kind);

// Says for every group of lanes where it is and what it waits for, with the state of the barriers.
Fault make_deadlock_fault(const Cluster& cluster);

}  // namespace emulator
