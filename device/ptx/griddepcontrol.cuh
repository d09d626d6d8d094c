// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Programmatic dependent launch. Without the launch attribute both do nothing.
namespace mla::ptx {

// PTX ISA: Parallel Synchronization, griddepcontrol. Returns when the kernels in front of this one
// in the stream have ended and what they wrote can be seen.
__device__ inline void griddepcontrol_wait() {
  asm volatile("griddepcontrol.wait;" ::: "memory");
}

// Lets the next kernel in the stream start once every block of this one has said so or ended.
__device__ inline void griddepcontrol_launch_dependents() {
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

}  // namespace mla::ptx
