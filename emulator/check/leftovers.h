// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/core/cta.h"

namespace emulator::check {

// Reports synchronisation that a cluster began and never finished, once all its threads have
// ended: threads that arrived at a named barrier which nobody completed, a phase of an mbarrier
// that only some arrived for, bytes that were announced or arrived but not both.
void check_leftovers(const Cluster& cluster);

}  // namespace emulator::check
