// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "src/driver/types.h"

// Every function of the library's list, declared here and exported: a definition with another
// signature does not compile, one that is missing does not link (see proc_address.cc). And two that
// others ask for.
namespace emulator::libcuda {
using namespace mla::driver;

extern "C" {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) \
  __attribute__((visibility("default"))) result symbol parameters;
#include "src/driver/functions.def"

__attribute__((visibility("default"))) CUresult cuGetProcAddress_v2(const char* symbol,
                                                                    void** function, int version,
                                                                    cuuint64_t flags, int* status);
__attribute__((visibility("default"))) CUresult cuGetExportTable(const void** table,
                                                                 const void* id);
}

}  // namespace emulator::libcuda
