// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Every function of functions.def, recorded and answered. They are weak: the ones that
// fake_driver.cc defines win.
#include "driver/fake_driver.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"
namespace mla::driver {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters)                              \
  extern "C" __attribute__((weak, visibility("default"))) result symbol parameters { \
    return testing::answer(#symbol);                                                 \
  }
#include "driver/functions.def"
}  // namespace mla::driver
