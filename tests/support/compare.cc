// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/compare.h"

#include <cmath>
#include <sstream>

namespace mla::test {
namespace {

std::string place(std::int64_t position, const Shape& shape) {
  std::ostringstream text;
  const char* separator = "at [";
  for (const std::int64_t i : coordinates(position, shape)) {
    text << separator << i;
    separator = ", ";
  }
  text << "] ";
  return text.str();
}

bool is_within(double got, double exact, double bound) {
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) && std::isnan(got);
  return got == exact || std::fabs(got - exact) <= bound;
}

std::vector<double> finite_part(const std::vector<double>& x, const std::vector<double>& exact) {
  std::vector<double> result(x.size(), 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(exact[i])) result[i] = x[i];
  }
  return result;
}

}  // namespace

testing::AssertionResult agrees(const HostTensor& got, const Expected& expected) {
  if (got.shape() != expected.shape) return testing::AssertionFailure() << "another shape";
  if (!got.is_intact()) return testing::AssertionFailure() << "written outside the tensor";
  const std::vector<double> values = got.values();
  std::int64_t worst = -1, count = 0;
  double worst_excess = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_within(values[i], expected.values[i], expected.bounds[i])) continue;
    const double error = std::fabs(values[i] - expected.values[i]);
    const double excess = std::isfinite(error) ? error / expected.bounds[i] : HUGE_VAL;
    if (count++ == 0 || excess > worst_excess) worst = i, worst_excess = excess;
  }
  if (count > 0) {
    return testing::AssertionFailure()
           << place(worst, expected.shape) << "got " << values[worst] << ", expected "
           << expected.values[worst] << " +- " << expected.bounds[worst] << " (" << count << " of "
           << values.size() << " elements differ)";
  }
  const double angle = cosine_difference(finite_part(values, expected.values),
                                         finite_part(expected.values, expected.values));
  if (angle <= expected.cosine_bound) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "cosine difference " << angle << " > " << expected.cosine_bound;
}

testing::AssertionResult same_bits(const HostTensor& got, const HostTensor& expected) {
  if (got.shape() != expected.shape()) return testing::AssertionFailure() << "another shape";
  if (!got.is_intact()) return testing::AssertionFailure() << "written outside the tensor";
  for (std::int64_t i = 0; i < got.num_elements(); ++i) {
    const Shape at = coordinates(i, got.shape());
    if (got.bits(at) == expected.bits(at)) continue;
    if (std::isnan(got.value(at)) && std::isnan(expected.value(at))) continue;
    return testing::AssertionFailure() << place(i, got.shape()) << "got " << got.value(at)
                                       << ", expected " << expected.value(at);
  }
  return testing::AssertionSuccess();
}

}  // namespace mla::test
