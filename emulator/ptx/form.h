// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/ptx/type.h"

namespace emulator::ptx {

struct InstructionRow;

// An opcode with its modifiers ("ld.global.v4.u32"), matched against the instruction table.
struct Form {
  std::string text;
  const InstructionRow* row = nullptr;      // null: not in the table
  std::vector<std::string_view> modifiers;  // into text, in the order of the table's groups
  std::vector<Type> types;                  // the modifiers that are types, in written order
  std::string problem;                      // why row is null

  bool has(std::string_view modifier) const;
  // The one of `alternatives` ("rn|rz|rm|rp") that is present, or an empty view.
  std::string_view one_of(std::string_view alternatives) const;
  Type type() const { return types.empty() ? Type::kB32 : types.front(); }
  Type source_type() const { return types.empty() ? Type::kB32 : types.back(); }
  int vector_width() const;  // 1, 2, 4 or 8, from .v2, .v4, .v8
  // How many coordinates follow a tensor map: the rank of .1d to .5d, or a column and four rows.
  int num_coordinates() const;
};

// Splits the text and finds its row; `problem` says why when there is none.
std::unique_ptr<Form> match_form(std::string_view text);

}  // namespace emulator::ptx
