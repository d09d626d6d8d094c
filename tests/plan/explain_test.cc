// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mla/decode.h"
#include "mla/error.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"
#include "plan/availability.h"

namespace mla {
namespace {

using testing::HasSubstr;

DeviceFacts cpu() {
  return {.name = "CPU", .num_sms = 8};
}

constexpr PrefillProblem kPrefill = {.batch = 1, .total_q = 100, .total_kv = 100};

struct Refusal {
  Verdict verdict;
  std::string reason;
};

TEST(CanImplement, TheCpuRunsTheWholeContract) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3}) {
    for (const int page_size : {1, 2, 4, 8, 16, 32, 64, 128}) {
      const DecodeProblem problem = {.dtype = dtype, .page_size = page_size};
      EXPECT_TRUE(can_implement(problem, cpu()));
      for (const std::string& card : known_devices()) {
        EXPECT_TRUE(can_implement(problem, known_device(card))) << card;
      }
    }
  }
  for (const int num_heads : {1, 3, 20, 96, 128}) {
    EXPECT_TRUE(can_implement(DecodeProblem{.q_len = 7, .num_heads = num_heads}, cpu()));
  }
  EXPECT_TRUE(can_implement(DecodeProblem{.batch = 0, .q_len = 100'000}, cpu()));
  EXPECT_TRUE(can_implement(DecodeProblem{.batch = 1'000'000, .cp_world = 8}, cpu()));
  for (const DType dtype :
       {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3, DType::kFloat8E5M2}) {
    const PrefillProblem problem = {.dtype = dtype, .d_qk = 128};
    EXPECT_TRUE(can_implement(problem, cpu()));
    EXPECT_TRUE(can_implement(problem, known_device("H200")));
  }
  EXPECT_TRUE(can_implement(kPrefill, cpu()));
  EXPECT_TRUE(can_implement(KvPackProblem{.num_tokens = 0}, cpu()));
  EXPECT_TRUE(can_implement(MergeProblem{.num_partials = 9, .num_rows = 0, .head_dim = 8}, cpu()));
}

TEST(CanImplement, SaysWhichKernelIsMissing) {
  const Verdict verdict = kernel_available(Op::kDecode, DType::kFloat8E5M2, Arch::kSm100);
  EXPECT_FALSE(verdict);
  EXPECT_EQ(verdict.reason, "decode: no kernel for float8_e5m2 on sm_100 in this build");
}

TEST(CanImplement, DecodesOnEveryGpuWithEveryPageSize) {
  for (const std::string& card : known_devices()) {
    for (const int page_size : {1, 2, 4, 8, 16, 32, 64, 128}) {
      for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3}) {
        const DecodeProblem problem = {.dtype = dtype, .page_size = page_size};
        EXPECT_TRUE(can_implement(problem, known_device(card))) << card << " " << page_size;
      }
    }
  }
}

TEST(CanImplement, PacksAndMergesOnEveryGpu) {
  for (const std::string& card : known_devices()) {
    EXPECT_TRUE(can_implement(KvPackProblem{}, known_device(card))) << card;
    EXPECT_TRUE(can_implement(MergeProblem{}, known_device(card))) << card;
  }
}

TEST(CanImplement, SaysWhichArgumentIsOutsideTheContract) {
  const DType f32 = DType::kFloat32;
  const DType e5m2 = DType::kFloat8E5M2;
  const std::vector<Refusal> refusals = {
      {can_implement(DecodeProblem{.dtype = f32}, cpu()),
       "decode: query must be float16, bfloat16 or float8_e4m3fn, got float32"},
      {can_implement(DecodeProblem{.dtype = e5m2}, cpu()),
       "decode: query must be float16, bfloat16 or float8_e4m3fn, got float8_e5m2"},
      {can_implement(DecodeProblem{.batch = -1}, cpu()),
       "decode: batch must be at least 0, got -1"},
      {can_implement(DecodeProblem{.q_len = 0}, cpu()), "decode: q_len must be at least 1, got 0"},
      {can_implement(DecodeProblem{.q_len = 1LL << 31}, cpu()),
       "decode: q_len must be below 2^31, got 2147483648"},
      {can_implement(DecodeProblem{.num_heads = 129}, cpu()),
       "decode: num_heads must be 1 to 128, got 129"},
      {can_implement(DecodeProblem{.kv_lora_rank = 256}, cpu()),
       "decode: kv_lora_rank must be 512, got 256"},
      {can_implement(DecodeProblem{.qk_rope_head_dim = 0}, cpu()),
       "decode: qk_rope_head_dim must be 64, got 0"},
      {can_implement(DecodeProblem{.page_size = 48}, cpu()),
       "decode: page_size must divide 128, got 48"},
      {can_implement(DecodeProblem{.page_size = 0}, cpu()),
       "decode: page_size must divide 128, got 0"},
      {can_implement(DecodeProblem{.max_seq_len = -5}, cpu()),
       "decode: max_seq_len must be at least 0, got -5"},
      {can_implement(DecodeProblem{.cp_world = 0}, cpu()),
       "decode: cp_world must be at least 1, got 0"},
      {can_implement(DecodeProblem{}, DeviceFacts{.num_sms = 0}),
       "plan: num_sms of a device must be 1 to 8192, got 0"},
      {can_implement(PrefillProblem{.dtype = DType::kInt8}, cpu()),
       "prefill: query must be float8_e4m3fn, float8_e5m2, bfloat16 or float16, got int8"},
      {can_implement(PrefillProblem{.out_dtype = f32}, cpu()),
       "prefill: out must be bfloat16, or float16 for float16 inputs, got float32"},
      {can_implement(PrefillProblem{.out_dtype = DType::kFloat16}, cpu()),
       "prefill: out may be float16 only when the inputs are, got bfloat16"},
      {can_implement(PrefillProblem{.num_q_heads = 12, .num_kv_heads = 8}, cpu()),
       "prefill: num_q_heads must be a multiple of num_kv_heads (8), got 12"},
      {can_implement(PrefillProblem{.num_kv_heads = 0}, cpu()),
       "prefill: num_kv_heads must be at least 1, got 0"},
      {can_implement(PrefillProblem{.d_qk = 256, .d_v = 256}, cpu()),
       "prefill: (d_qk, d_v) must be (192, 128) or (128, 128), got (256, 256)"},
      {can_implement(KvPackProblem{.dtype = f32}, cpu()),
       "kv_pack: k_nope must be bfloat16 or float16, got float32"},
      {can_implement(KvPackProblem{.out_dtype = f32}, cpu()),
       "kv_pack: k_out must be float8_e4m3fn or float8_e5m2, got float32"},
      {can_implement(MergeProblem{.partial_dtype = e5m2}, cpu()),
       "merge_states: partials must be float32, bfloat16 or float16, got float8_e5m2"},
      {can_implement(MergeProblem{.num_partials = 0}, cpu()),
       "merge_states: the number of partials must be at least 1, got 0"},
      {can_implement(MergeProblem{.head_dim = 100}, cpu()),
       "merge_states: d must be a multiple of 8, got 100"},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_FALSE(refusal.verdict);
    EXPECT_EQ(refusal.verdict.reason, refusal.reason);
  }
}

TEST(Explain, GivesThePlan) {
  const DecodeProblem problem = {
      .dtype = DType::kFloat8E4M3, .batch = 4, .q_len = 5, .num_heads = 32, .max_seq_len = 81920};
  const Explanation explanation = explain(problem, known_device("H200"));
  EXPECT_EQ(to_string(explanation),
            "decode on H200\n"
            "  can run        yes\n"
            "  config         mla::DecodeConfig{.dtype = mla::ElementType::kFloat8E4M3, "
            ".latent_dim = 512, .rope_dim = 64, .page_size = 64, .tile_rows = 56, .tile_kv = 64, "
            ".cluster_size = 1, .loads_maximum = false, .score_groups = 1}\n"
            "  rows           160 rows per request, 5 tokens x 32 heads\n"
            "  row tiles      3 tiles of up to 56 rows, packed densely\n"
            "  tile           56 rows x 64 keys\n"
            "  cluster        1 block\n"
            "  workers        44 per row tile, requests are split\n"
            "  grid           132 blocks\n"
            "  workspace      14145280 bytes\n"
            "  modelled time  163 us\n"
            "  bytes          190 MB\n"
            "  flops          114 GFLOP\n"
            "  floor          78.7 us, bound by compute\n");
}

TEST(Explain, HasAVerdictAndNoPlanOutsideTheContract) {
  const Explanation explanation = explain(DecodeProblem{.page_size = 48}, cpu());
  EXPECT_TRUE(explanation.rows.empty());
  EXPECT_EQ(to_string(explanation),
            "decode on CPU\n  can run  no: decode: page_size must divide 128, got 48\n");
}

TEST(Explain, CoversEveryOperation) {
  EXPECT_THAT(to_string(explain(kPrefill, known_device("B200"))),
              testing::AllOf(HasSubstr("prefill on B200"), HasSubstr("work items"),
                             HasSubstr("mla::PrefillConfig{")));
  EXPECT_THAT(to_string(explain(KvPackProblem{.num_tokens = 10}, cpu())),
              testing::AllOf(HasSubstr("can run  yes"), HasSubstr("mla::KvPackConfig{")));
  EXPECT_THAT(to_string(explain(MergeProblem{}, cpu())),
              testing::AllOf(HasSubstr("merge_states on CPU"), HasSubstr("mla::MergeConfig{")));
}

TEST(KnownDevices, AreFoundByName) {
  for (const std::string& device_name : known_devices()) {
    EXPECT_EQ(known_device(device_name).name, device_name);
  }
  EXPECT_THAT([] { known_device("H20"); },
              testing::ThrowsMessage<Error>(
                  "known_device: the name must be one of H100, H200, B200, B300, got H20"));
}

}  // namespace
}  // namespace mla
