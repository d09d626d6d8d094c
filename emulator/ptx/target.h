// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "emulator/ptx/form.h"

namespace emulator::ptx {

// Whether a module for `target` may use what the manual allows from `needed` on: an architecture
// ("sm_100a": this one alone) or a family ("sm_100f": this one and later ones of its family).
bool allows(std::string_view target, std::string_view needed);

// Why an instruction does not exist for a target, or an empty string.
std::string check_target(const Form& form, std::string_view target);

}  // namespace emulator::ptx
