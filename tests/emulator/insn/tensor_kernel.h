// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tests/emulator/kernel_runner.h"

namespace emulator {

// "{%v0, %v1}"
std::string vector_of(const std::string& name, uint32_t count);

// Stores registers name0... of every thread behind each other, the thread's own behind those of the
// thread before, at %out.
std::string store_vector(const std::string& name, uint32_t count);

// A module with one kernel k(out, in) for CTAs of whole warpgroups: warp 0 allocates `num_columns`
// columns of tensor memory for the body and frees them after it. The body may use %out and %in
// (64-bit addresses), %thread, %warp, %tmem (the allocation), %lanes (the allocation at the warp's
// own lanes), scratch registers %r, %rd, %p, %v, 64 mbarriers at `barriers` and 192 KiB of dynamic
// shared memory at `buffer`.
std::string tensor_kernel(uint32_t num_columns, const std::string& body,
                          const std::string& target = "sm_100a");

// The same for a pair of CTAs, with .cta_group::2; %rank is that of the CTA.
std::string pair_kernel(uint32_t num_columns, const std::string& body);

}  // namespace emulator
