// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "emulator/ptx/form.h"

namespace emulator::ptx {

// What an instruction does with a source that was never written. Compilers compute on such values
// as long as the result is thrown away; accesses, branches and the like must not depend on them.
enum class MissingUse : uint8_t {
  kReport,
  kHandOn,  // the result is missing as well
  kSelect,  // the result is missing where the chosen source or the predicate is
  kAnd,     // of predicates: false whatever the other is
  kOr,      // true whatever the other is
};

MissingUse missing_use(const Form& form);

}  // namespace emulator::ptx
