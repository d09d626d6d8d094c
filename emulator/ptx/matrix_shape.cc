// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/matrix_shape.h"

#include <charconv>

namespace emulator::ptx {
namespace {

// Reads a letter and the number behind it from the front of the text.
bool take(std::string_view& text, char letter, int& number) {
  if (text.empty() || text.front() != letter) return false;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

MatrixShape matrix_shape(const Form& form) {
  for (std::string_view text : form.modifiers) {
    MatrixShape shape;
    const bool is_shape =
        take(text, 'm', shape.m) && take(text, 'n', shape.n) && take(text, 'k', shape.k);
    if (is_shape && text.empty()) return shape;
  }
  return {};
}

}  // namespace emulator::ptx
