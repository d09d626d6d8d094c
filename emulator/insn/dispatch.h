// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

// Defines handlers::name, which picks the version of name for the host's instruction set. Use it in
// namespace emulator::handlers, in the part of a file that is compiled once.
#define EMULATOR_DISPATCH(name)                     \
  HWY_EXPORT(name);                                 \
  Execute name(const Instruction& instruction) {    \
    return HWY_DYNAMIC_DISPATCH(name)(instruction); \
  }
