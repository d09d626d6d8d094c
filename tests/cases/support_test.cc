// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// The test system's own tests: readers, formats and the comparison, which must be able to fail.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "support/case_table.h"
#include "support/compare.h"
#include "support/number_format.h"

namespace mla::test {
namespace {

const Json kTable = Json::parse(R"({
  "defaults": {"a": 1, "b": "x", "lens": [1]},
  "rules": [
    {"name": "plain", "a": 7},
    {"name": "product", "tags": ["slow"], "seed": 10,
     "each": {"b": ["p", "q"], "with": [{"a": 2}, {"a": 3, "lens": [4, 5]}]}}
  ]
})");

TEST(CaseTable, ExpandsTheCrossProductLastKeyFastest) {
  const std::vector<Case> cases = parse_table("op", kTable);
  ASSERT_EQ(cases.size(), 5);
  EXPECT_EQ(cases[0].name, "plain");
  EXPECT_EQ(cases[0].get<int>("a"), 7);
  EXPECT_EQ(cases[2].name, "product/b=p/a=3/lens=[4,5]");
  EXPECT_EQ(cases[2].lengths("lens"), (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(cases[2].seed, 11);
  EXPECT_TRUE(cases[4].has_tag("slow"));
  EXPECT_EQ(cases[4].get<std::string>("b"), "q");
}

TEST(CaseTable, RefusesUnknownFieldsAndRepeatedNames) {
  Json table = kTable;
  table["rules"][0]["typo"] = 1;
  EXPECT_THROW(parse_table("op", table), std::invalid_argument);
  table = kTable;
  table["rules"].push_back(table["rules"][0]);
  EXPECT_THROW(parse_table("op", table), std::invalid_argument);
}

TEST(CaseTable, ACoveringSampleHasEveryRuleDtypeAndPageSize) {
  const std::vector<Case> all = load_cases("decode", "quick");
  const std::vector<Case> sample = covering_cases(all);
  const auto features = [](const std::vector<Case>& cases) {
    std::set<std::string> found;
    for (const Case& c : cases) {
      const auto dtype = c.get<std::string>("dtype");
      found.insert(c.name.substr(0, c.name.find('/')) + dtype);
      found.insert(c.fields.at("page_size").dump() + dtype);
      found.insert("q_len " + c.fields.at("q_len").dump());
      found.insert("num_heads " + c.fields.at("num_heads").dump());
    }
    return found;
  };
  EXPECT_EQ(features(sample), features(all));
  EXPECT_LT(2 * sample.size(), 1.2 * all.size());
}

TEST(CaseTable, TestNamesAreUnique) {
  std::set<std::string> names;
  const std::vector<Case> cases = load_cases("decode", "quick");
  for (std::size_t i = 0; i < cases.size(); ++i) names.insert(test_name(cases[i], i));
  EXPECT_EQ(names.size(), cases.size());
}

TEST(NumberFormat, EveryFp8BitPatternSurvives) {
  for (const DType dtype : {DType::kFloat8E4M3, DType::kFloat8E5M2}) {
    for (std::uint32_t bits = 0; bits < 256; ++bits) {
      const double value = decode_bits(bits, dtype);
      if (std::isnan(value)) continue;
      EXPECT_EQ(encode_bits(value, dtype), bits);
    }
  }
}

TEST(NumberFormat, RoundsToNearestEven) {
  EXPECT_EQ(round_to(1.0625, DType::kFloat8E4M3), 1.0);
  EXPECT_EQ(round_to(1.1875, DType::kFloat8E4M3), 1.25);
  EXPECT_EQ(round_to(0x1p-10, DType::kFloat8E4M3), 0.0);
  EXPECT_EQ(round_to(0x1.8p-9, DType::kFloat8E4M3), 0x1p-8);
  EXPECT_EQ(round_to(464, DType::kFloat8E4M3), 448);
  EXPECT_TRUE(std::isnan(round_to(465, DType::kFloat8E4M3)));
  EXPECT_EQ(round_to(1e5, DType::kFloat8E5M2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(largest_finite(DType::kFloat16), 65504);
}

TEST(NumberFormat, AgreesWithTheProcessorsFloat) {
  for (const float value : normals(3, Stream::kKey, 1000, 1e-38)) {
    const double exact = value * 1.0000000123;
    EXPECT_EQ(round_to(exact, DType::kFloat32), static_cast<double>(static_cast<float>(exact)));
  }
}

TEST(HostTensor, LayoutsKeepValuesAndPoisonTheRest) {
  for (const char* layout : {"packed", "padded", "heads_first"}) {
    const Shape shape = {3, 2, 4};
    HostTensor tensor(DType::kBFloat16, shape, layout_strides(shape, layout));
    EXPECT_TRUE(std::isnan(tensor.value({2, 1, 3})));
    const std::vector<float> values = normals(1, Stream::kKey, 24, 1.0);
    tensor.fill(values);
    EXPECT_EQ(tensor.value({1, 1, 2}), round_to(values[14], DType::kBFloat16)) << layout;
    EXPECT_TRUE(tensor.is_intact());
  }
}

TEST(HostTensor, NoticesAWriteBehindTheEnd) {
  HostTensor tensor(DType::kFloat32, {4});
  tensor.set({8}, 1.0);
  EXPECT_FALSE(tensor.is_intact());
}

class Agreement : public testing::Test {
 protected:
  Agreement() { got_.fill({1, 2, 3, 4}); }

  HostTensor got_{DType::kFloat32, {2, 2}};
  Expected expected_{{2, 2}, {1, 2, 3, 4}, {0.125, 0.125, 0.125, 0.125}};
};

TEST_F(Agreement, TakesWhatIsWithinTheBound) {
  got_.set({1, 0}, 3.05);
  EXPECT_TRUE(agrees(got_, expected_));
}

TEST_F(Agreement, NamesTheWorstElement) {
  got_.set({0, 0}, 1.25);
  got_.set({1, 0}, 3.5);
  EXPECT_STREQ(agrees(got_, expected_).message(),
               "at [1, 0] got 3.5, expected 3 +- 0.125 (2 of 4 elements differ)");
}

TEST_F(Agreement, RefusesNanAndInfinityOutOfPlace) {
  for (const double special : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    got_.set({0, 1}, special);
    EXPECT_FALSE(agrees(got_, expected_));
    expected_.values[1] = special;
    EXPECT_TRUE(agrees(got_, expected_));
    got_.set({0, 1}, 2);
    EXPECT_FALSE(agrees(got_, expected_));
    expected_.values[1] = 2;
  }
}

TEST_F(Agreement, RefusesAnotherDirection) {
  expected_.cosine_bound = 1e-6;
  got_.set({1, 1}, 4.1);
  got_.set({0, 0}, 0.9);
  expected_.bounds.assign(4, 1.0);
  EXPECT_FALSE(agrees(got_, expected_));
}

}  // namespace
}  // namespace mla::test
