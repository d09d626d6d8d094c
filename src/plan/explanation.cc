// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/explanation.h"

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <vector>

#include "mla/plan.h"

namespace mla {

namespace {

struct Unit {
  double size;
  const char* name;
};

// In the largest unit of which there is one at least, else in the last.
std::string format_in(const std::vector<Unit>& units, double value) {
  const auto fits = [&](const Unit& unit) { return value >= unit.size; };
  auto unit = std::ranges::find_if(units, fits);
  if (unit == units.end()) --unit;
  const double scaled = value / unit->size;
  const int num_decimals = scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  std::ostringstream text;
  text << std::fixed << std::setprecision(num_decimals) << scaled << " " << unit->name;
  return text.str();
}

std::string format_roofline(const Roofline& roofline) {
  return format_seconds(roofline.seconds()) + ", bound by " + roofline.bound_by();
}

}  // namespace

std::string format_bytes(double bytes) {
  if (bytes < 1000) return std::to_string(static_cast<int>(bytes)) + " B";
  return format_in({{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}, bytes);
}

std::string format_flops(double flops) {
  return format_in({{1e15, "PFLOP"}, {1e12, "TFLOP"}, {1e9, "GFLOP"}, {1e6, "MFLOP"}}, flops);
}

std::string format_seconds(double seconds) {
  return format_in({{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}}, seconds);
}

std::string to_string(const Explanation& explanation) {
  std::vector<std::pair<std::string, std::string>> rows = {
      {"can run", explanation.verdict.ok ? "yes" : "no: " + explanation.verdict.reason}};
  rows.insert(rows.end(), explanation.rows.begin(), explanation.rows.end());
  if (!explanation.rows.empty()) {
    rows.emplace_back("bytes", format_bytes(explanation.roofline.bytes));
    rows.emplace_back("flops", format_flops(explanation.roofline.flops));
    rows.emplace_back("floor", format_roofline(explanation.roofline));
  }
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  std::ostringstream text;
  text << explanation.op << " on " << explanation.device << "\n";
  for (const auto& [row_name, value] : rows) {
    text << "  " << std::left << std::setw(static_cast<int>(width)) << row_name << "  " << value
         << "\n";
  }
  return text.str();
}

}  // namespace mla
