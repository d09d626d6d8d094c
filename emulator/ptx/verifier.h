// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "emulator/ptx/module.h"
#include "emulator/report.h"

namespace emulator::ptx {

// Checks every instruction against the table: form, number and kinds of operands, register sizes.
// Adds a diagnostic for each that does not fit.
void verify(const Module& module, std::vector<Diagnostic>& diagnostics);

}  // namespace emulator::ptx
