// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "emulator/ptx/module.h"
#include "emulator/ptx/token_stream.h"

namespace emulator::ptx {

// A variable as the text declares it; the name lies in the module's text.
struct Declaration {
  std::string_view name;
  uint32_t variable = 0;  // into Module::variables
};

// Parses one declaration from its state space on, e.g. ".shared .align 4 .b8 name[128];" or
// ".global .u32 a, b = 3;", and adds its variables to the module.
std::vector<Declaration> parse_variables(TokenStream& tokens, Module& module, bool is_extern);

// Parses one parameter of a kernel: ".param .align 8 .b8 name[40]".
Declaration parse_parameter(TokenStream& tokens, Module& module);

}  // namespace emulator::ptx
