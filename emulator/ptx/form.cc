// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/form.h"

#include <algorithm>
#include <map>

#include "emulator/ptx/instruction_table.h"
#include "emulator/ptx/words.h"

namespace emulator::ptx {
namespace {

using Words = std::vector<std::string_view>;

// Rows by the first word of their opcode, so that a form looks at few of them.
const std::multimap<std::string_view, const InstructionRow*>& rows_by_first_word() {
  static const auto index = [] {
    std::multimap<std::string_view, const InstructionRow*> rows;
    for (const InstructionRow& row : instruction_table()) {
      rows.emplace(row.opcode.substr(0, row.opcode.find('.')), &row);
    }
    return rows;
  }();
  return index;
}

// The words after the row's opcode, or nothing when the form is another opcode.
bool strip_opcode(const Words& words, std::string_view opcode, Words& rest) {
  const Words expected = split(opcode, '.');
  if (words.size() < expected.size()) return false;
  if (!std::equal(expected.begin(), expected.end(), words.begin())) return false;
  rest.assign(words.begin() + static_cast<ptrdiff_t>(expected.size()), words.end());
  return true;
}

// Gives each word to the first free group that lists it. Other modifiers may come in any order, as
// compilers write them; types must keep the order of the groups. Returns the word that fits
// nowhere.
std::string_view assign_words(const Words& words, const InstructionRow& row, Words& filled) {
  filled.assign(row.modifiers.size(), {});
  size_t first_free_type = 0;
  for (const std::string_view word : words) {
    bool is_placed = false;
    for (size_t i = 0; i < row.modifiers.size() && !is_placed; ++i) {
      const ModifierGroup& group = row.modifiers[i];
      if (!filled[i].empty() || (group.is_type && i < first_free_type)) continue;
      if (std::ranges::find(group.alternatives, word) == group.alternatives.end()) continue;
      filled[i] = word;
      if (group.is_type) first_free_type = i + 1;
      is_placed = true;
    }
    if (!is_placed) return word;
  }
  return {};
}

bool is_complete(const InstructionRow& row, const Words& filled) {
  for (size_t i = 0; i < filled.size(); ++i) {
    if (filled[i].empty() && !row.modifiers[i].is_optional) return false;
  }
  return true;
}

void set_modifiers(Form& form, const Words& filled) {
  for (const std::string_view word : filled) {
    if (word.empty()) continue;
    form.modifiers.push_back(word);
    if (const auto type = type_from_name(word)) form.types.push_back(*type);
  }
}

}  // namespace

bool Form::has(std::string_view modifier) const {
  return std::ranges::find(modifiers, modifier) != modifiers.end();
}

std::string_view Form::one_of(std::string_view alternatives) const {
  for (const std::string_view word : split(alternatives, '|')) {
    if (has(word)) return word;
  }
  return {};
}

int Form::vector_width() const {
  const std::string_view width = one_of("v2|v4|v8");
  return width.empty() ? 1 : width[1] - '0';
}

int Form::num_coordinates() const {
  if (!one_of("tile::gather4|tile::scatter4").empty()) return 5;
  const std::string_view rank = one_of("1d|2d|3d|4d|5d");
  return rank.empty() ? 0 : rank[0] - '0';
}

std::unique_ptr<Form> match_form(std::string_view text) {
  auto form = std::make_unique<Form>();
  form->text = std::string(text);
  const Words words = split(form->text, '.');
  const auto [first, last] = rows_by_first_word().equal_range(words.front());
  if (first == last) {
    form->problem = "unknown instruction '" + std::string(words.front()) + "'";
    return form;
  }
  std::string_view misfit;
  for (auto it = first; it != last; ++it) {
    Words rest;
    Words filled;
    if (!strip_opcode(words, it->second->opcode, rest)) continue;
    const std::string_view unplaced = assign_words(rest, *it->second, filled);
    if (unplaced.empty() && is_complete(*it->second, filled)) {
      form->row = it->second;
      set_modifiers(*form, filled);
      return form;
    }
    if (!unplaced.empty()) misfit = unplaced;
  }
  form->problem = "unsupported form '" + form->text + "'";
  if (!misfit.empty()) form->problem += " (modifier ." + std::string(misfit) + ")";
  return form;
}

}  // namespace emulator::ptx
