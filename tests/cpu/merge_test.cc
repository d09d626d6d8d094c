// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>

#include "cpu/host_tensor.h"
#include "cpu/ops.h"
#include "cpu/reference.h"

namespace mla::cpu {
namespace {

constexpr std::int64_t kRows = 5;
constexpr std::int64_t kHeads = 3;
constexpr std::int64_t kDim = 24;

// Partial results with random contents, and what they merge into.
struct Problem {
  explicit Problem(int num_partials, DType dtype = DType::kFloat32) {
    std::mt19937 random(5);
    for (int i = 0; i < num_partials; ++i) {
      outs.emplace_back(dtype, std::vector{kRows, kHeads, kDim}, 4);
      lses.emplace_back(DType::kFloat32, std::vector{kRows, kHeads}, 2);
      outs.back().fill(random);
      for (std::int64_t row = 0; row < kRows; ++row) lses.back().fill_row({row}, random, 3.0f);
    }
  }

  void run(LseBase base, int num_threads = 2) {
    MergeArgs args;
    for (std::size_t i = 0; i < outs.size(); ++i) {
      args.partials.push_back({outs[i].view(), lses[i].view()});
    }
    args.out = out.view();
    args.lse = lse.view();
    args.lse_base = base;
    merge_states(args, num_threads);
  }

  void expect_row(std::int64_t row, std::int64_t head, LseBase base) {
    const double unit = base == LseBase::kE ? 1.0 : std::log(2.0);
    double sum = 0;
    for (const HostTensor& partial : lses) sum += std::exp(unit * partial.get({row, head}));
    EXPECT_TRUE(is_close(lse.get({row, head}), std::log(sum) / unit, 1e-6));
    for (std::int64_t i = 0; i < kDim; ++i) {
      double expected = 0;
      for (std::size_t n = 0; n < outs.size(); ++n) {
        const double weight = std::exp(unit * lses[n].get({row, head}));
        if (weight > 0) expected += weight / sum * outs[n].get({row, head, i});
      }
      EXPECT_TRUE(is_close(out.get({row, head, i}), expected, 1e-6))
          << row << " " << head << " " << i;
    }
  }

  void expect_right(LseBase base) {
    for (std::int64_t row = 0; row < kRows; ++row) {
      for (std::int64_t head = 0; head < kHeads; ++head) expect_row(row, head, base);
    }
  }

  std::deque<HostTensor> outs, lses;
  HostTensor out{DType::kFloat32, {kRows, kHeads, kDim}, 3};
  HostTensor lse{DType::kFloat32, {kRows, kHeads}};
};

TEST(MergeStates, AgreesForAnyNumberOfPartials) {
  for (const int num_partials : {1, 2, 3, 17}) {
    for (const LseBase base : {LseBase::kE, LseBase::kTwo}) {
      SCOPED_TRACE(num_partials);
      Problem problem(num_partials);
      problem.run(base);
      problem.expect_right(base);
    }
  }
}

TEST(MergeStates, AgreesForEveryDType) {
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    Problem problem(3, dtype);
    problem.run(LseBase::kE);
    problem.expect_right(LseBase::kE);
  }
}

TEST(MergeStates, APartialWithoutKeysIsNeutralWhateverItHolds) {
  Problem problem(3);
  problem.lses[1].set({2, 1}, -INFINITY);
  for (std::int64_t i = 0; i < kDim; ++i) problem.outs[1].set({2, 1, i}, i % 2 ? NAN : INFINITY);
  problem.run(LseBase::kE);
  problem.expect_right(LseBase::kE);
}

TEST(MergeStates, OnlyPartialsWithoutKeysGiveZeroAndMinusInfinity) {
  Problem problem(2);
  for (HostTensor& partial : problem.lses) partial.set({4, 2}, -INFINITY);
  for (HostTensor& partial : problem.outs) partial.set({4, 2, 0}, NAN);
  problem.run(LseBase::kE);
  EXPECT_EQ(problem.lse.get({4, 2}), -INFINITY);
  for (std::int64_t i = 0; i < kDim; ++i) EXPECT_EQ(problem.out.get({4, 2, i}), 0.0);
}

TEST(MergeStates, ExtremeLogSumExpsNeitherOverflowNorVanish) {
  for (const float lse : {1e30f, -1e30f}) {
    Problem problem(2);
    for (HostTensor& partial : problem.lses) partial.set({0, 0}, lse);
    problem.run(LseBase::kE);
    EXPECT_TRUE(is_close(problem.lse.get({0, 0}), lse, 1e-6));
    const double mean = (problem.outs[0].get({0, 0, 5}) + problem.outs[1].get({0, 0, 5})) / 2;
    EXPECT_TRUE(is_close(problem.out.get({0, 0, 5}), mean, 1e-6));
  }
}

TEST(MergeStates, NanAndInfinityShow) {
  for (const float lse : {NAN, INFINITY}) {
    Problem problem(2);
    problem.lses[1].set({1, 1}, lse);
    problem.run(LseBase::kE);
    EXPECT_FALSE(std::isfinite(problem.lse.get({1, 1})));
    EXPECT_TRUE(std::isnan(problem.out.get({1, 1, 0})));
    problem.expect_row(1, 2, LseBase::kE);
  }
}

}  // namespace
}  // namespace mla::cpu
