// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace mla {

// What kind of mistake was made; Python sees ValueError, TypeError, NotImplementedError,
// RuntimeError.
enum class ErrorKind {
  kValue,           // a value or a shape that the function does not take
  kType,            // a dtype that the function does not take
  kNotImplemented,  // a legal request that this build or this device has no kernel for
  kRuntime,         // the surroundings failed: driver, compiler, memory
};

// The one exception of this library. It is raised before anything is launched or written.
class Error : public std::runtime_error {
 public:
  // `where` is the public function ("decode"), `expectation` a sentence about the argument
  // ("page_size must divide 128"), `value` what was given ("48"; empty when there is none to show).
  Error(ErrorKind kind, std::string where, std::string expectation, std::string value = {});

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& where() const noexcept { return where_; }
  const std::string& expectation() const noexcept { return expectation_; }
  const std::string& value() const noexcept { return value_; }

 private:
  ErrorKind kind_;
  std::string where_;
  std::string expectation_;
  std::string value_;
};

}  // namespace mla
