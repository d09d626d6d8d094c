// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/merge_problem.h"

#include <cmath>

#include "support/reference.h"

namespace mla::test {
namespace {

// none: nowhere. some: where (row + partial) is divisible by 3, and everywhere in row 0.
bool is_neutral(const std::string& pattern, std::int64_t row, std::int64_t partial) {
  if (pattern == "none") return false;
  return pattern == "all" || row == 0 || (row + partial) % 3 == 0;
}

std::vector<float> slice(const std::vector<float>& values, std::int64_t part, std::int64_t count) {
  return {values.begin() + part * count, values.begin() + (part + 1) * count};
}

// A neutral partial's out holds NaN, which nobody may see.
void neutralise(const std::string& pattern, std::int64_t partial, HostTensor& out,
                HostTensor& lse) {
  for (std::int64_t i = 0; i < out.num_elements(); ++i) {
    const Shape at = coordinates(i, out.shape());
    if (!is_neutral(pattern, at[0], partial)) continue;
    out.set(at, std::nan(""));
    lse.set({at[0], at[1]}, -HUGE_VAL);
  }
}

}  // namespace

MergeInputs make_merge_inputs(const Case& c) {
  const auto partials = c.get<std::int64_t>("num_partials");
  const Shape shape = {c.get<std::int64_t>("num_rows"), c.get<std::int64_t>("num_heads"),
                       c.get<std::int64_t>("head_dim")};
  const std::int64_t rows = shape[0] * shape[1], count = rows * shape[2];
  const std::vector<float> outs = normals(c.seed, Stream::kValue, partials * count, 1.0);
  std::vector<float> lses =
      normals(c.seed, Stream::kLse, partials * rows, c.get<double>("lse_std"));
  for (float& lse : lses) lse += c.get<float>("lse_offset");

  MergeInputs inputs;
  for (std::int64_t partial = 0; partial < partials; ++partial) {
    HostTensor& out = inputs.outs.emplace_back(c.dtype("dtype"), shape,
                                               layout_strides(shape, c.get<std::string>("layout")));
    HostTensor& lse = inputs.lses.emplace_back(DType::kFloat32, Shape{shape[0], shape[1]});
    out.fill(slice(outs, partial, count));
    lse.fill(slice(lses, partial, rows));
    neutralise(c.get<std::string>("neutral"), partial, out, lse);
  }
  return inputs;
}

ExpectedAttention expect_merge(const MergeInputs& inputs, DType out_dtype, LseBase base) {
  const Shape& shape = inputs.outs.at(0).shape();
  const std::int64_t head_dim = shape[2];
  std::vector<std::vector<double>> outs, lses;
  for (const HostTensor& out : inputs.outs) outs.push_back(out.values());
  for (const HostTensor& lse : inputs.lses) lses.push_back(lse.values());

  std::vector<double> exact, exact_lse, largest(outs[0].size(), 0);
  for (std::size_t row = 0; row < lses[0].size(); ++row) {
    std::vector<const double*> row_outs;
    std::vector<double> row_lses;
    for (std::size_t n = 0; n < outs.size(); ++n) {
      row_outs.push_back(outs[n].data() + row * head_dim);
      row_lses.push_back(lses[n][row] / units(base));
    }
    const MergedRow merged = merge(row_outs, row_lses, head_dim);
    exact.insert(exact.end(), merged.out.begin(), merged.out.end());
    exact_lse.push_back(merged.lse);
  }
  for (const std::vector<double>& out : outs) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!std::isnan(out[i])) largest[i] = std::max(largest[i], std::fabs(out[i]));
    }
  }
  return expected_merge(shape, exact, exact_lse, largest, out_dtype, base);
}

}  // namespace mla::test
