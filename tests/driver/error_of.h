// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "mla/error.h"

namespace mla::testing {

// The Error that `action` throws.
template <typename Action>
Error error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorKind::kRuntime, "no", "error");
}

}  // namespace mla::testing
