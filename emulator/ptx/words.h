// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace emulator::ptx {

// The pieces between separators; at least one, possibly empty.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

// The pieces between blanks; none when there are only blanks.
inline std::vector<std::string_view> split_blanks(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::string_view piece : split(text, ' ')) {
    if (!piece.empty()) pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace emulator::ptx
