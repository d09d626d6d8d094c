// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "emulator/ptx/module.h"
#include "emulator/report.h"

namespace emulator::ptx {

// Parses and verifies PTX text. Throws LoadError with everything that is wrong or not supported, so
// that a kernel which loads meets no unknown instruction when it runs.
std::unique_ptr<Module> load_module(std::string text);

}  // namespace emulator::ptx
