// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/roofline.h"

#include <gtest/gtest.h>

#include <random>

namespace mla {
namespace {

constexpr DType kFp8 = DType::kFloat8E4M3;

// Pairs of a query and a key that it may see, counted one by one.
double count_pairs(std::int64_t q_len, std::int64_t kv_len, bool is_causal) {
  std::int64_t pairs = 0;
  for (std::int64_t q = 0; q < q_len; ++q) {
    for (std::int64_t k = 0; k < kv_len; ++k) pairs += !is_causal || k <= q + (kv_len - q_len);
  }
  return static_cast<double>(pairs);
}

TEST(Roofline, CountsWhatTheMaskLeaves) {
  for (const std::int64_t q_len : {1, 2, 5, 8, 40}) {
    for (const std::int64_t kv_len : {0, 1, 4, 8, 39, 100}) {
      for (const bool is_causal : {false, true}) {
        const double pairs = 3 * count_pairs(q_len, kv_len, is_causal);
        const DecodeProblem decode = {.batch = 3,
                                      .q_len = q_len,
                                      .num_heads = 16,
                                      .max_seq_len = kv_len,
                                      .is_causal = is_causal};
        EXPECT_DOUBLE_EQ(roofline(decode, {}).flops, 2176 * 16 * pairs);
        const PrefillProblem prefill = {.batch = 3,
                                        .total_q = 3 * q_len,
                                        .total_kv = 3 * kv_len,
                                        .num_q_heads = 16,
                                        .num_kv_heads = 4,
                                        .is_causal = is_causal};
        EXPECT_DOUBLE_EQ(roofline(prefill, {}).flops, 640 * 16 * pairs);
      }
    }
  }
}

// Bytes by hand: 2 requests, 3 tokens, 4 heads, 100 keys of 576 bytes.
TEST(Roofline, CountsEveryByteOnce) {
  DecodeProblem decode = {
      .dtype = kFp8, .batch = 2, .q_len = 3, .num_heads = 4, .max_seq_len = 100, .has_lse = true};
  EXPECT_EQ(roofline(decode, {}).bytes, 2 * 100 * 576 + 24 * (576 + 2 * 512 + 4));
  decode.dtype = DType::kBFloat16;
  decode.has_lse = false;
  EXPECT_EQ(roofline(decode, {}).bytes, 2 * 100 * 1152 + 24 * (1152 + 2 * 512));

  const PrefillProblem prefill = {.dtype = kFp8,
                                  .total_q = 10,
                                  .total_kv = 20,
                                  .num_q_heads = 8,
                                  .num_kv_heads = 2,
                                  .has_lse = true};
  EXPECT_EQ(roofline(prefill, {}).bytes, 80 * (192 + 2 * 128 + 4) + 40 * (192 + 128));
  const KvPackProblem pack = {.num_tokens = 5, .num_heads = 3};
  EXPECT_EQ(roofline(pack, {}).bytes, 15 * (2 * 256 + 320) + 5 * 2 * 64);
  const MergeProblem merge = {.num_partials = 3, .num_rows = 7, .num_heads = 2, .has_lse = true};
  EXPECT_EQ(roofline(merge, {}).bytes, 14 * (3 * (4 * 512 + 4) + 2 * 512 + 4));
}

// Context parallel holds every cp_world-th key: all ranks together see what one would.
TEST(Roofline, OfContextParallelRanksAddsUp) {
  DecodeProblem whole = {.q_len = 4, .max_seq_len = 8000};
  DecodeProblem rank = whole;
  rank.cp_world = 8;
  rank.max_seq_len = 1000;
  EXPECT_NEAR(8 * roofline(rank, {}).flops / roofline(whole, {}).flops, 1, 1e-3);
}

TEST(Roofline, NamesTheLimit) {
  const DeviceFacts h200 = known_device("H200");
  DecodeProblem decode = {.dtype = kFp8, .batch = 16, .num_heads = 16, .max_seq_len = 81920};
  EXPECT_STREQ(roofline(decode, h200).bound_by(), "memory");
  decode.num_heads = 128;
  EXPECT_STREQ(roofline(decode, h200).bound_by(), "compute");

  const PrefillProblem prefill = {.dtype = kFp8, .total_q = 8192, .total_kv = 8192};
  EXPECT_STREQ(roofline(prefill, h200).bound_by(), "compute");
  EXPECT_STREQ(roofline(prefill, known_device("B200")).bound_by(), "exp");
  EXPECT_STREQ(roofline(prefill, known_device("B300")).bound_by(), "compute");
}

// 1450 TFLOPS and 4.5 TB/s on the H200 give the known floors of these shapes.
TEST(Roofline, GivesKnownFloors) {
  const DeviceFacts h200 = known_device("H200");
  const DecodeProblem decode = {
      .dtype = kFp8, .batch = 4, .q_len = 4, .num_heads = 16, .max_seq_len = 81920};
  EXPECT_NEAR(roofline(decode, h200).seconds(), 42e-6, 0.5e-6);
  const PrefillProblem prefill = {.dtype = kFp8, .total_q = 8192, .total_kv = 8192};
  EXPECT_NEAR(roofline(prefill, h200).seconds(), 1896e-6, 2e-6);
  EXPECT_NEAR(roofline(prefill, known_device("B200")).seconds(), 981e-6, 2e-6);
}

TEST(Roofline, OfNoWorkOrAnUnknownDeviceIsZero) {
  const DeviceFacts h200 = known_device("H200");
  EXPECT_EQ(roofline(DecodeProblem{.batch = 0, .max_seq_len = 5}, h200).seconds(), 0);
  EXPECT_EQ(roofline(PrefillProblem{.batch = 0}, h200).seconds(), 0);
  EXPECT_EQ(roofline(KvPackProblem{.num_tokens = 0}, h200).seconds(), 0);
  EXPECT_EQ(roofline(MergeProblem{.num_rows = 0}, h200).seconds(), 0);
  EXPECT_EQ(roofline(DecodeProblem{.max_seq_len = 5}, {}).seconds(), 0);
}

TEST(Roofline, OfPrefillGrowsWithTheKeys) {
  std::mt19937 random(20260103);
  const auto below = [&](int end) { return static_cast<int>(random() % end); };
  for (int i = 0; i < 2000; ++i) {
    PrefillProblem problem = {.dtype = i % 2 == 0 ? kFp8 : DType::kBFloat16,
                              .batch = 1 + below(20),
                              .total_q = below(3000),
                              .total_kv = below(3000),
                              .is_causal = i % 3 > 0};
    const DeviceFacts device = known_device(i % 5 < 3 ? "B200" : "H200");
    const Roofline before = roofline(problem, device);
    problem.total_kv += 1 + below(100);
    const Roofline after = roofline(problem, device);
    ASSERT_GE(after.flops, before.flops);
    ASSERT_GT(after.bytes, before.bytes);
    ASSERT_GE(after.seconds(), before.seconds());
  }
}

}  // namespace
}  // namespace mla
