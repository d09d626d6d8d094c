// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "cpu/host_tensor.h"
#include "cpu/ops.h"
#include "cpu/reference.h"

namespace mla::cpu {
namespace {

struct Case {
  std::vector<std::int64_t> q_lens = {70, 0, 3, 9, 5};
  std::vector<std::int64_t> kv_lens = {131, 4, 0, 2, 70};
  std::int64_t num_q_heads = 2;
  std::int64_t num_kv_heads = 2;
  std::int64_t d_qk = 192;
  DType dtype = DType::kBFloat16;
  DType out_dtype = DType::kFloat32;
  bool is_causal = true;
  float softmax_scale = 0.07f;
  LseBase lse_base = LseBase::kE;
  int num_threads = 2;
};

constexpr std::int64_t kValueWidth = 128;

std::int64_t total(const std::vector<std::int64_t>& lengths) {
  std::int64_t sum = 0;
  for (const std::int64_t length : lengths) sum += length;
  return sum;
}

HostTensor cumulative(const std::vector<std::int64_t>& lengths) {
  HostTensor result(DType::kInt32, {std::int64_t(lengths.size()) + 1});
  result.int_at({0}) = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto index = std::int64_t(i);
    result.int_at({index + 1}) = result.int_at({index}) + std::int32_t(lengths[i]);
  }
  return result;
}

// Tokens lie apart, with NaN between them.
struct Problem {
  explicit Problem(const Case& c)
      : query(c.dtype, {total(c.q_lens), c.num_q_heads, c.d_qk}, 3),
        key(c.dtype, {total(c.kv_lens), c.num_kv_heads, c.d_qk}, 8),
        value(c.dtype, {total(c.kv_lens), c.num_kv_heads, kValueWidth}, 128),
        out(c.out_dtype, {total(c.q_lens), c.num_q_heads, kValueWidth}, 1),
        lse(DType::kFloat32, {total(c.q_lens), c.num_q_heads}),
        cum_q(cumulative(c.q_lens)),
        cum_kv(cumulative(c.kv_lens)) {
    std::mt19937 random(3);
    query.fill(random);
    key.fill(random);
    value.fill(random);
  }

  HostTensor query, key, value, out, lse, cum_q, cum_kv;
};

void run(const Case& c, Problem& problem, bool wants_lse = true) {
  PrefillArgs args;
  args.query = problem.query.view();
  args.key = problem.key.view();
  args.value = problem.value.view();
  args.out = problem.out.view();
  args.cum_seq_lens_q = problem.cum_q.view();
  args.cum_seq_lens_kv = problem.cum_kv.view();
  if (wants_lse) args.lse = problem.lse.view();
  args.batch = std::int64_t(c.q_lens.size());
  args.softmax_scale = c.softmax_scale;
  args.is_causal = c.is_causal;
  args.lse_base = c.lse_base;
  prefill(args, c.num_threads);
}

std::vector<double> row_of(const HostTensor& tensor, std::int64_t token, std::int64_t head,
                           std::int64_t width) {
  std::vector<double> row;
  for (std::int64_t i = 0; i < width; ++i) row.push_back(tensor.get({token, head, i}));
  return row;
}

RowResult reference(const Case& c, Problem& problem, std::size_t request, std::int64_t query,
                    std::int64_t head) {
  const auto index = std::int64_t(request);
  const std::int64_t first_key = problem.cum_kv.int_at({index});
  const std::int64_t kv_head = head / (c.num_q_heads / c.num_kv_heads);
  std::int64_t num_visible = 0;
  for (std::int64_t j = 0; j < c.kv_lens[request]; ++j) {
    num_visible += !c.is_causal || j <= query + (c.kv_lens[request] - c.q_lens[request]);
  }
  return reference_row(
      row_of(problem.query, problem.cum_q.int_at({index}) + query, head, c.d_qk), num_visible,
      c.softmax_scale, kValueWidth,
      [&](std::int64_t j) { return row_of(problem.key, first_key + j, kv_head, c.d_qk); },
      [&](std::int64_t j) { return row_of(problem.value, first_key + j, kv_head, kValueWidth); });
}

void expect_right(const Case& c, Problem& problem) {
  const double lse_unit = c.lse_base == LseBase::kE ? 1.0 : 1.0 / std::log(2.0);
  for (std::size_t request = 0; request < c.q_lens.size(); ++request) {
    for (std::int64_t query = 0; query < c.q_lens[request]; ++query) {
      for (std::int64_t head = 0; head < c.num_q_heads; ++head) {
        const RowResult expected = reference(c, problem, request, query, head);
        const std::int64_t token = problem.cum_q.int_at({std::int64_t(request)}) + query;
        const std::string where = "request " + std::to_string(request) + " query " +
                                  std::to_string(query) + " head " + std::to_string(head);
        for (std::int64_t i = 0; i < kValueWidth; ++i) {
          ASSERT_TRUE(
              is_close(problem.out.get({token, head, i}), expected.out[i], kFloat32Tolerance))
              << where << " column " << i;
        }
        ASSERT_TRUE(
            is_close(problem.lse.get({token, head}), expected.lse * lse_unit, kFloat32Tolerance))
            << where << " lse";
      }
    }
  }
}

void expect_right(const Case& c) {
  Problem problem(c);
  run(c, problem);
  expect_right(c, problem);
}

TEST(Prefill, AgreesForEveryDTypeAndWidth) {
  for (const DType dtype :
       {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3, DType::kFloat8E5M2}) {
    for (const std::int64_t d_qk : {128, 192}) {
      SCOPED_TRACE(testing::Message() << name(dtype) << " " << d_qk);
      expect_right({.d_qk = d_qk, .dtype = dtype});
    }
  }
}

TEST(Prefill, AgreesWithoutCausalMask) {
  expect_right({.is_causal = false});
}

TEST(Prefill, AgreesInBaseTwo) {
  expect_right({.lse_base = LseBase::kTwo});
}

TEST(Prefill, GroupsOfHeadsShareAKey) {
  expect_right({.q_lens = {20}, .kv_lens = {20}, .num_q_heads = 6, .num_kv_heads = 2});
  expect_right({.q_lens = {20}, .kv_lens = {33}, .num_q_heads = 3, .num_kv_heads = 1});
}

TEST(Prefill, QueriesLongerThanTheirKeysSeeNone) {
  expect_right({.q_lens = {150}, .kv_lens = {30}, .num_q_heads = 1, .num_kv_heads = 1});
}

TEST(Prefill, NothingToDo) {
  expect_right({.q_lens = {}, .kv_lens = {}});
  expect_right({.q_lens = {0, 0}, .kv_lens = {5, 0}});
  expect_right({.q_lens = {2, 65}, .kv_lens = {0, 0}});
}

TEST(Prefill, RepeatsBitByBitOnAnyNumberOfThreadsWithOrWithoutLse) {
  Case c;
  Problem first(c);
  run(c, first);
  for (const int num_threads : {1, 2, 4}) {
    c.num_threads = num_threads;
    Problem again(c);
    run(c, again, false);
    EXPECT_EQ(again.out.bytes(), first.out.bytes());
  }
}

// The last query sees the last key and must feel its infinity and its NaN; the others must not.
TEST(Prefill, KeysBeyondTheBoundOfARowAreNoInfluence) {
  const Case c{.q_lens = {70}, .kv_lens = {70}, .num_q_heads = 1, .num_kv_heads = 1};
  Problem problem(c);
  problem.key.set({69, 0, 0}, NAN);
  problem.value.set({69, 0, 1}, INFINITY);
  run(c, problem);
  expect_right(c, problem);
  EXPECT_TRUE(std::isnan(problem.out.get({69, 0, 0})));
}

}  // namespace
}  // namespace mla::cpu
