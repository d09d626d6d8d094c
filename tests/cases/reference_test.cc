// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// The reference against golden values of the Python package's reference: the same cases, inputs
// made from the same seeds, two implementations that share no code.
#include "support/reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "support/decode_problem.h"
#include "support/kv_pack_problem.h"
#include "support/merge_problem.h"
#include "support/prefill_problem.h"

namespace mla::test {
namespace {

const Json& golden() {
  static const Json values = [] {
    std::ifstream file(MLA_GOLDEN_VALUES);
    return Json::parse(file);
  }();
  return values;
}

Case find_case(const std::string& op, const std::string& name) {
  for (Case& c : load_cases(op, "quick")) {
    if (c.name == name) return c;
  }
  throw std::invalid_argument("no case " + name);
}

std::int64_t position(const Shape& at, const Shape& shape) {
  std::int64_t result = 0;
  for (std::size_t i = 0; i < at.size(); ++i) result = result * shape[i] + at[i];
  return result;
}

double number(const Json& value) {
  return value == "-inf" ? -std::numeric_limits<double>::infinity() : value.get<double>();
}

void expect_close(double got, double expected) {
  if (std::isinf(expected)) {
    EXPECT_EQ(got, expected);
  } else {
    EXPECT_NEAR(got, expected, 1e-11 * (1 + std::fabs(expected)));
  }
}

// A probability that falls between two representable ones may round either way between two
// implementations of exp, which moves a bound by much less than this.
void expect_similar(double got, double expected) {
  EXPECT_NEAR(got, expected, 0.01 * std::fabs(expected));
}

void expect_golden(const Json& entry, const ExpectedAttention& expected) {
  ASSERT_FALSE(entry.at("samples").empty());
  for (const Json& sample : entry.at("samples")) {
    SCOPED_TRACE(sample.dump());
    const auto at = sample.at("at").get<Shape>();
    const std::int64_t element = position(at, expected.out.shape);
    const std::int64_t row = element / expected.out.shape.back();
    expect_close(expected.out.values[element], number(sample.at("out")));
    expect_similar(expected.out.bounds[element], number(sample.at("out_bound")));
    expect_close(expected.lse.values[row], number(sample.at("lse")));
    expect_similar(expected.lse.bounds[row], number(sample.at("lse_bound")));
  }
  expect_similar(expected.out.cosine_bound, number(entry.at("cosine_bound")));
}

// The probabilities are rounded as the inputs are, as on a GPU, so that this path is compared too.
TEST(Reference, DecodeIsGolden) {
  for (const Json& entry : golden().at("decode")) {
    SCOPED_TRACE(entry.at("name"));
    const Case c = find_case("decode", entry.at("name"));
    const DType dtype = c.dtype("dtype");
    const Attention attention = reference_decode(
        make_decode_inputs(c, entry.at("cp_world"), entry.at("cp_rank")), c, dtype);
    expect_golden(
        entry, expected_attention(attention, decode_out_dtype(dtype), kCacheWidth, c.lse_base()));
  }
}

TEST(Reference, PrefillIsGolden) {
  for (const Json& entry : golden().at("prefill")) {
    SCOPED_TRACE(entry.at("name"));
    const Case c = find_case("prefill", entry.at("name"));
    const Attention attention =
        reference_prefill(make_prefill_inputs(c), c.get<double>("softmax_scale"),
                          c.get<bool>("is_causal"), c.dtype("dtype"));
    expect_golden(entry, expected_attention(attention, c.dtype("out_dtype"),
                                            c.get<std::int64_t>("d_qk"), c.lse_base()));
  }
}

TEST(Reference, MergeIsGolden) {
  for (const Json& entry : golden().at("merge")) {
    SCOPED_TRACE(entry.at("name"));
    const Case c = find_case("merge", entry.at("name"));
    expect_golden(entry, expect_merge(make_merge_inputs(c), c.dtype("out_dtype"), c.lse_base()));
  }
}

TEST(Reference, KvPackIsGolden) {
  for (const Json& entry : golden().at("kv_pack")) {
    SCOPED_TRACE(entry.at("name"));
    const Case c = find_case("kv_pack", entry.at("name"));
    const KvPackOutputs expected = reference_kv_pack(make_kv_pack_inputs(c), c);
    ASSERT_FALSE(entry.at("samples").empty());
    for (const Json& sample : entry.at("samples")) {
      const auto at = sample.at("at").get<Shape>();
      EXPECT_EQ(expected.k.bits(at), sample.at("k_bits")) << sample;
      EXPECT_EQ(expected.v.bits(at), sample.at("v_bits")) << sample;
    }
  }
}

}  // namespace
}  // namespace mla::test
