// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tests/emulator/silicon/silicon_case.h"

namespace emulator::silicon {

// Boxes of tensors to shared memory: ranks, types, swizzles, places outside of the tensor.
std::vector<SiliconCase> tensor_load_cases();
// Boxes of shared memory to tensors, as they are and reduced.
std::vector<SiliconCase> tensor_store_cases();
// Runs of bytes, in all directions.
std::vector<SiliconCase> bulk_copy_cases();
// Copies, stores and signals between the CTAs of a cluster.
std::vector<SiliconCase> cluster_copy_cases();
// Arrivals, bytes and waits at an mbarrier.
std::vector<SiliconCase> barrier_cases();
// What cuTensorMapEncodeTiled accepts.
std::vector<SiliconCase> tensor_map_cases();
// Approximate functions over dense ranges and everywhere.
std::vector<SiliconCase> approximation_cases();
// Divisions of numbers of every kind.
std::vector<SiliconCase> division_cases();

}  // namespace emulator::silicon
