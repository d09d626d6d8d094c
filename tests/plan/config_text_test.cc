// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/config_text.h"

#include <gtest/gtest.h>

namespace mla {
namespace {

// The text must be the expression itself, letter by letter, with the compiler as its reader: the
// argument is compiled as a template argument, as kernels take it, and compared as written.
template <auto kConfig>
std::string text_of_instance() {
  return config_text(kConfig);
}
#define EXPECT_IS_OWN_TEXT(...) EXPECT_EQ(text_of_instance<(__VA_ARGS__)>(), #__VA_ARGS__)

// clang-format off: the expressions are compared with their source text.
TEST(ConfigText, IsTheExpressionOfADecodeConfig) {
  EXPECT_IS_OWN_TEXT(mla::DecodeConfig{.dtype = mla::ElementType::kFloat8E4M3, .latent_dim = 512, .rope_dim = 64, .page_size = 32, .tile_rows = 56, .tile_kv = 128, .cluster_size = 2, .loads_maximum = true, .score_groups = 2});
}

TEST(ConfigText, IsTheExpressionOfAPrefillConfig) {
  EXPECT_IS_OWN_TEXT(mla::PrefillConfig{.dtype = mla::ElementType::kFloat8E5M2, .out_dtype = mla::ElementType::kBFloat16, .d_qk = 128, .d_v = 128, .tile_q = 256, .tile_kv = 64, .is_causal = false});
  EXPECT_IS_OWN_TEXT(mla::PrefillConfig{.dtype = mla::ElementType::kFloat16, .out_dtype = mla::ElementType::kFloat16, .d_qk = 192, .d_v = 128, .tile_q = 128, .tile_kv = 128, .is_causal = true});
}

TEST(ConfigText, IsTheExpressionOfAKvPackConfig) {
  EXPECT_IS_OWN_TEXT(mla::KvPackConfig{.dtype = mla::ElementType::kFloat16, .out_dtype = mla::ElementType::kFloat8E5M2, .nope_dim = 64, .rope_dim = 32, .v_dim = 96, .vector_elements = 4, .heads_per_warp = 3, .warps_per_block = 8});
}

TEST(ConfigText, IsTheExpressionOfAMergeConfig) {
  EXPECT_IS_OWN_TEXT(mla::MergeConfig{.partial_dtype = mla::ElementType::kFloat32, .out_dtype = mla::ElementType::kBFloat16, .head_dim = 128, .vector_elements = 2, .lanes_per_item = 16, .warps_per_block = 8, .partials_in_flight = 1, .max_partials = 64});
}
// clang-format on

TEST(ConfigText, TellsConfigsApart) {
  DecodeConfig config;
  const std::string text = config_text(config);
  config.cluster_size = 2;
  EXPECT_NE(config_text(config), text);
}

}  // namespace
}  // namespace mla
