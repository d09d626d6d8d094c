// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/ptx/token_stream.h"

namespace emulator::ptx {

// A .func: its formal parameters in order, results first, and where its body begins.
struct Function {
  std::string_view name;
  std::vector<std::string_view> parameters;
  size_t num_results = 0;
  std::optional<size_t> body;  // position in the tokens; absent: only declared
};

using FunctionTable = std::unordered_map<std::string_view, Function>;

// Reads a function from .func on, and leaves its body out.
Function parse_function(TokenStream& tokens);

}  // namespace emulator::ptx
