// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/error.h"
#include "mla/plan.h"

namespace mla {

// A legal call that this build has no kernel for, by a verdict whose reason begins with the
// operation: "decode: no kernel for float8_e5m2 on sm_90 in this build".
inline Error missing_kernel(const char* where, const Verdict& verdict) {
  const std::string prefix = std::string(where) + ": ";
  const bool is_prefixed = verdict.reason.starts_with(prefix);
  return Error(ErrorKind::kNotImplemented, where,
               is_prefixed ? verdict.reason.substr(prefix.size()) : verdict.reason);
}

}  // namespace mla
