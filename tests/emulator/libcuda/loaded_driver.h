// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <dlfcn.h>

#include <stdexcept>
#include <string>

#include "src/driver/types.h"

namespace emulator {
using namespace mla::driver;

// A libcuda, loaded as a program would load it: a member per function.
struct LoadedDriver {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) result(*symbol) parameters = nullptr;
#include "src/driver/functions.def"

  explicit LoadedDriver(const char* path = EMULATOR_LIBCUDA) {
    void* library = dlopen(path, RTLD_NOW);
    if (!library) throw std::runtime_error(dlerror());
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) \
  symbol = reinterpret_cast<result(*) parameters>(find(library, #symbol));
#include "src/driver/functions.def"
  }

 private:
  static void* find(void* library, const char* symbol) {
    void* function = dlsym(library, symbol);
    if (!function) throw std::runtime_error(std::string("not exported: ") + symbol);
    return function;
  }
};

}  // namespace emulator
