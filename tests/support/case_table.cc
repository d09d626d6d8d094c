// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/case_table.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <ostream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace mla::test {
namespace {

std::string label(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void set_field(Case& c, const std::string& key, const Json& value) {
  if (!c.fields.contains(key)) {
    throw std::invalid_argument(c.op + " table, " + c.name + ": unknown field " + key);
  }
  c.fields[key] = value;
}

void apply_change(Case& c, const std::string& key, const Json& value) {
  c.name += "/" + key + "=" + label(value);
  set_field(c, key, value);
}

Case base_case(const std::string& op, const Json& rule, const Json& defaults) {
  Case c{op, rule.at("name"), {"quick"}, rule.value("seed", std::uint64_t{1}), defaults};
  if (rule.contains("tags")) c.tags = rule.at("tags").get<std::vector<std::string>>();
  for (const auto& [key, value] : rule.items()) {
    if (key != "name" && key != "tags" && key != "seed" && key != "each") set_field(c, key, value);
  }
  return c;
}

std::vector<Case> expand(const std::string& op, const Json& rule, const Json& defaults) {
  std::vector<Case> cases = {base_case(op, rule, defaults)};
  const Json each = rule.value("each", Json::object());
  for (const auto& [key, values] : each.items()) {
    std::vector<Case> longer;
    for (const Case& c : cases) {
      for (const Json& value : values) {
        Case& next = longer.emplace_back(c);
        if (key != "with") {
          apply_change(next, key, value);
        } else {
          for (const auto& [field, own] : value.items()) apply_change(next, field, own);
        }
      }
    }
    cases = std::move(longer);
  }
  for (std::size_t i = 0; i < cases.size(); ++i) cases[i].seed += i;
  return cases;
}

// "rule/key=value/key=value" as its parts.
std::vector<std::string> name_parts(const Case& c) {
  std::vector<std::string> parts;
  std::istringstream name(c.name);
  for (std::string part; std::getline(name, part, '/');) parts.push_back(part);
  return parts;
}

std::vector<std::string> features(const Case& c) {
  const std::string dtype = label(c.fields.at("dtype"));
  std::vector<std::string> found = name_parts(c);
  found.front() += " " + dtype;
  if (c.fields.contains("page_size")) {
    found.push_back("page_size " + label(c.fields.at("page_size")) + " " + dtype);
  }
  return found;
}

}  // namespace

DType Case::dtype(const char* field) const {
  const auto wanted = get<std::string>(field);
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3,
                            DType::kFloat8E5M2}) {
    if (wanted == mla::name(dtype)) return dtype;
  }
  throw std::invalid_argument("unknown dtype " + wanted);
}

LseBase Case::lse_base() const {
  return get<std::string>("lse_base") == "2" ? LseBase::kTwo : LseBase::kE;
}

bool Case::has_check(const std::string& check) const {
  const auto checks = get<std::vector<std::string>>("checks");
  return std::ranges::find(checks, check) != checks.end();
}

bool Case::has_tag(const std::string& tag) const {
  return std::ranges::find(tags, tag) != tags.end();
}

std::vector<std::int64_t> Case::lengths(const char* field, Stream stream) const {
  const Json& spec = fields.at(field);
  if (spec.is_array()) return spec.get<std::vector<std::int64_t>>();
  const std::int64_t low = spec.at("low");
  const std::uint64_t span = spec.at("high").get<std::int64_t>() - low + 1;
  std::vector<std::int64_t> result;
  for (const std::uint64_t word : words(seed, stream, spec.at("count"))) {
    const std::int64_t length = low + static_cast<std::int64_t>((word >> 1) % span);
    result.push_back(std::max<std::int64_t>(length, 0));
  }
  return result;
}

std::ostream& operator<<(std::ostream& stream, const Case& c) {
  return stream << c.op << ": " << c.name;
}

std::vector<Case> parse_table(const std::string& op, const Json& table) {
  std::vector<Case> cases;
  std::set<std::string> names;
  for (const Json& rule : table.at("rules")) {
    for (Case& c : expand(op, rule, table.at("defaults"))) {
      if (!names.insert(c.name).second) {
        throw std::invalid_argument(op + " table: repeated name " + c.name);
      }
      cases.push_back(std::move(c));
    }
  }
  return cases;
}

std::vector<Case> load_cases(const std::string& op, const std::string& tag) {
  std::ifstream file(MLA_CASE_TABLES "/" + op + ".json");
  std::vector<Case> cases = parse_table(op, Json::parse(file));
  std::erase_if(cases, [&](const Case& c) { return !c.has_tag(tag); });
  return cases;
}

std::vector<Case> covering_cases(const std::vector<Case>& cases) {
  std::vector<Case> chosen;
  std::set<std::string> covered;
  for (const Case& c : cases) {
    bool is_new = false;
    for (const std::string& feature : features(c)) is_new |= covered.insert(feature).second;
    if (is_new) chosen.push_back(c);
  }
  return chosen;
}

std::string test_name(const Case& c, std::size_t index) {
  std::string result = std::to_string(index) + "_";
  for (const char letter : c.name) {
    const bool is_word = std::isalnum(static_cast<unsigned char>(letter)) != 0;
    if (is_word || result.back() != '_') result += is_word ? letter : '_';
  }
  return result;
}

}  // namespace mla::test
