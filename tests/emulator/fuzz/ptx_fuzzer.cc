// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>

#include "tests/emulator/fuzz/load_any_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  emulator::ptx::load_any_text({reinterpret_cast<const char*>(data), size});
  return 0;
}
