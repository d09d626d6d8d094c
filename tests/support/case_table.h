// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mla/lse.h"
#include "mla/tensor.h"
#include "support/generate.h"

// Reader of the case tables (JSON, in the Python package): one list of problems for every target.
// A table has "defaults" (every field a case may have) and "rules"; the cross product of the lists
// in a rule's "each" makes its cases, the last key turning fastest, the seeds counting up.
namespace mla::test {

using Json = nlohmann::ordered_json;

struct Case {
  std::string op;
  std::string name;
  std::vector<std::string> tags;
  std::uint64_t seed = 1;
  Json fields;

  template <typename T>
  T get(const char* field) const {
    return fields.at(field).get<T>();
  }
  DType dtype(const char* field) const;
  LseBase lse_base() const;
  bool has_check(const std::string& check) const;
  bool has_tag(const std::string& tag) const;

  // A list as it is, or {"count", "low", "high"}: random lengths, both bounds included;
  // those below 0 become 0.
  std::vector<std::int64_t> lengths(const char* field, Stream stream = Stream::kLengths) const;
};

std::ostream& operator<<(std::ostream& stream, const Case& c);

std::vector<Case> load_cases(const std::string& op, const std::string& tag);
std::vector<Case> parse_table(const std::string& op, const Json& table);

// The cases that are first to have something: a rule with each dtype, a value that a rule goes
// through, a page size with each dtype.
std::vector<Case> covering_cases(const std::vector<Case>& cases);

// A test name of letters, digits and underscores.
std::string test_name(const Case& c, std::size_t index);

}  // namespace mla::test
