// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <sstream>
#include <string>
#include <utility>

#include "mla/error.h"
#include "mla/tensor.h"

namespace mla {

// The text of a value in an error message.
template <typename T>
std::string to_text(const T& value) {
  if constexpr (requires { to_string(value); }) {
    return to_string(value);
  } else if constexpr (requires { name(value); }) {
    return name(value);
  } else {
    std::ostringstream stream;
    stream << std::boolalpha << value;
    return stream.str();
  }
}

}  // namespace mla

// Raises Error unless `condition` holds: MLA_CHECK(128 % page_size == 0, ErrorKind::kValue,
// "decode", "page_size must divide 128", page_size) says "decode: page_size must divide 128, got
// 48".
#define MLA_CHECK(condition, kind, where, expectation, value)                    \
  do {                                                                           \
    if (!(condition)) [[unlikely]]                                               \
      throw ::mla::Error((kind), (where), (expectation), ::mla::to_text(value)); \
  } while (false)
