// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/error.h"

#include <utility>

namespace mla {
namespace {

std::string message(const std::string& where, const std::string& expectation,
                    const std::string& value) {
  std::string text = where + ": " + expectation;
  if (!value.empty()) text += ", got " + value;
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string where, std::string expectation, std::string value)
    : std::runtime_error(message(where, expectation, value)),
      kind_(kind),
      where_(std::move(where)),
      expectation_(std::move(expectation)),
      value_(std::move(value)) {}

}  // namespace mla
