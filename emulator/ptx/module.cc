// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/module.h"

namespace emulator::ptx {

const Kernel* Module::find_kernel(std::string_view name) const {
  for (const Kernel& kernel : kernels) {
    if (kernel.name == name) return &kernel;
  }
  return nullptr;
}

const Variable* Module::find_variable(std::string_view name) const {
  for (const Variable& variable : variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

std::string Module::line_text(int line) const {
  size_t begin = 0;
  for (int i = 1; i < line && begin != std::string::npos; ++i) {
    begin = text.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  if (begin == std::string::npos || line < 1) return {};
  const std::string_view row = std::string_view(text).substr(begin, text.find('\n', begin) - begin);
  const size_t first = row.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(row.substr(first, row.find_last_not_of(" \t\r") - first + 1));
}

std::string Module::source_place(uint32_t location) const {
  if (location == 0 || location >= locations.size()) return {};
  const auto file = files.find(locations[location].file);
  if (file == files.end()) return {};
  return file->second + ":" + std::to_string(locations[location].line);
}

}  // namespace emulator::ptx
