// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/scope.h"

#include <charconv>

namespace emulator::ptx {
namespace {

// Splits "%r12" into "%r" and 12; false when the name has no number, or one with a leading zero.
bool split_number(std::string_view name, std::string_view& prefix, uint32_t& number) {
  const size_t last = name.find_last_not_of("0123456789");
  if (last == std::string_view::npos || last + 1 == name.size()) return false;
  const std::string_view digits = name.substr(last + 1);
  if (digits.size() > 1 && digits[0] == '0') return false;
  prefix = name.substr(0, last + 1);
  return std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
}

}  // namespace

void ScopeTree::enter() {
  scopes_.emplace_back().parent = current_;
  current_ = static_cast<int>(scopes_.size()) - 1;
  ++depth_;
}

void ScopeTree::leave() {
  current_ = scopes_[current_].parent;
  --depth_;
}

void ScopeTree::declare(std::string_view name, Named named) {
  scopes_[current_].names[name] = named;
}

void ScopeTree::declare_range(std::string_view prefix, uint32_t first, uint32_t count) {
  scopes_[current_].ranges[prefix] = {first, count};
}

void ScopeTree::declare_label(std::string_view name, uint32_t instruction) {
  scopes_[current_].labels[name] = instruction;
}

std::optional<Named> ScopeTree::find(std::string_view name) const {
  std::string_view prefix;
  uint32_t number = 0;
  const bool is_numbered = split_number(name, prefix, number);
  for (int i = current_; i >= 0; i = scopes_[i].parent) {
    const Scope& scope = scopes_[i];
    if (const auto it = scope.names.find(name); it != scope.names.end()) return it->second;
    if (!is_numbered) continue;
    const auto range = scope.ranges.find(prefix);
    if (range == scope.ranges.end() || number >= range->second.count) continue;
    return Named{Named::Kind::kRegister, range->second.first + number};
  }
  return std::nullopt;
}

std::optional<uint32_t> ScopeTree::find_label(std::string_view name, int scope) const {
  for (int i = scope; i >= 0; i = scopes_[i].parent) {
    const auto it = scopes_[i].labels.find(name);
    if (it != scopes_[i].labels.end()) return it->second;
  }
  return std::nullopt;
}

}  // namespace emulator::ptx
