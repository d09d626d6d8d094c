// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <string_view>

#include "emulator/libcuda/api.h"

namespace emulator::libcuda {
namespace {

struct Entry {
  std::string_view symbol;
  void* function;
};

const Entry kEntries[] = {
#define MLA_DRIVER_FUNCTION(result, symbol, parameters) {#symbol, reinterpret_cast<void*>(&symbol)},
#include "src/driver/functions.def"
};

// cuMemAlloc names cuMemAlloc_v2: callers leave the version suffix to the driver.
bool is_same(std::string_view exported, std::string_view asked) {
  if (!exported.starts_with(asked)) return false;
  const std::string_view rest = exported.substr(asked.size());
  return rest.empty() || rest == "_v2";
}

constexpr int kFound = 0;
constexpr int kNotFound = 1;

}  // namespace

CUresult cuGetProcAddress_v2(const char* symbol, void** function, int, cuuint64_t, int* status) {
  if (!symbol || !function) return kErrorInvalidValue;
  for (const Entry& entry : kEntries) {
    if (!is_same(entry.symbol, symbol)) continue;
    *function = entry.function;
    if (status) *status = kFound;
    return kSuccess;
  }
  *function = nullptr;
  if (status) *status = kNotFound;
  return kErrorNotFound;
}

// NVRTC asks the driver of its process for a private table and reads its size unasked: one that
// holds nothing but its size.
CUresult cuGetExportTable(const void** table, const void*) {
  static constexpr size_t kEmptyTable = sizeof(size_t);
  if (!table) return kErrorInvalidValue;
  *table = &kEmptyTable;
  return kSuccess;
}

}  // namespace emulator::libcuda
