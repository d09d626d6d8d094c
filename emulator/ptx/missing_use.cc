// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/missing_use.h"

#include <algorithm>
#include <array>

#include "emulator/ptx/instruction_table.h"

namespace emulator::ptx {
namespace {

// Arithmetic, comparison, logic: nothing there reaches beyond the lane's registers.
constexpr std::array kComputingSections = {"9.7.1", "9.7.2", "9.7.3", "9.7.4", "9.7.6", "9.7.8"};
constexpr std::array kOtherComputing = {"mov", "prmt", "cvt"};

template <typename Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

MissingUse missing_use(const Form& form) {
  if (!form.row) return MissingUse::kReport;
  const std::string_view opcode = form.row->opcode;
  if (opcode == "selp") return MissingUse::kSelect;
  if (opcode == "and" && form.has("pred")) return MissingUse::kAnd;
  if (opcode == "or" && form.has("pred")) return MissingUse::kOr;
  const bool only_computes =
      contains(kComputingSections, form.row->section) || contains(kOtherComputing, opcode);
  return only_computes ? MissingUse::kHandOn : MissingUse::kReport;
}

}  // namespace emulator::ptx
