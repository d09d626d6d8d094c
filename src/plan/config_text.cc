// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/config_text.h"

#include <initializer_list>

namespace mla {

namespace {

std::string text_of(int value) {
  return std::to_string(value);
}

std::string text_of(bool value) {
  return value ? "true" : "false";
}

std::string text_of(ElementType type) {
  switch (type) {
    case ElementType::kFloat32: return "mla::ElementType::kFloat32";
    case ElementType::kFloat16: return "mla::ElementType::kFloat16";
    case ElementType::kBFloat16: return "mla::ElementType::kBFloat16";
    case ElementType::kFloat8E4M3: return "mla::ElementType::kFloat8E4M3";
    case ElementType::kFloat8E5M2: return "mla::ElementType::kFloat8E5M2";
  }
  return {};
}

struct Field {
  template <typename T>
  Field(const char* field_name, T value)
      : text(std::string(".") + field_name + " = " + text_of(value)) {}

  std::string text;
};

std::string expression(const char* type, std::initializer_list<Field> fields) {
  std::string result = std::string("mla::") + type + "{";
  const char* separator = "";
  for (const Field& field : fields) {
    result += separator + field.text;
    separator = ", ";
  }
  return result + "}";
}

}  // namespace

// Each binding names all members in their order: a member added to a config does not compile until
// it is part of the text.

std::string config_text(const DecodeConfig& config) {
  const auto& [dtype, latent_dim, rope_dim, page_size, tile_rows, tile_kv, cluster_size,
               loads_maximum, score_groups] = config;
  return expression("DecodeConfig", {{"dtype", dtype},
                                     {"latent_dim", latent_dim},
                                     {"rope_dim", rope_dim},
                                     {"page_size", page_size},
                                     {"tile_rows", tile_rows},
                                     {"tile_kv", tile_kv},
                                     {"cluster_size", cluster_size},
                                     {"loads_maximum", loads_maximum},
                                     {"score_groups", score_groups}});
}

std::string config_text(const DecodeMergeConfig& config) {
  const auto& [out_dtype, latent_dim, tile_kv, has_exponents] = config;
  return expression("DecodeMergeConfig", {{"out_dtype", out_dtype},
                                          {"latent_dim", latent_dim},
                                          {"tile_kv", tile_kv},
                                          {"has_exponents", has_exponents}});
}

std::string config_text(const PrefillConfig& config) {
  const auto& [dtype, out_dtype, d_qk, d_v, tile_q, tile_kv, is_causal] = config;
  return expression("PrefillConfig", {{"dtype", dtype},
                                      {"out_dtype", out_dtype},
                                      {"d_qk", d_qk},
                                      {"d_v", d_v},
                                      {"tile_q", tile_q},
                                      {"tile_kv", tile_kv},
                                      {"is_causal", is_causal}});
}

std::string config_text(const KvPackConfig& config) {
  const auto& [dtype, out_dtype, nope_dim, rope_dim, v_dim, vector_elements, heads_per_warp,
               warps_per_block] = config;
  return expression("KvPackConfig", {{"dtype", dtype},
                                     {"out_dtype", out_dtype},
                                     {"nope_dim", nope_dim},
                                     {"rope_dim", rope_dim},
                                     {"v_dim", v_dim},
                                     {"vector_elements", vector_elements},
                                     {"heads_per_warp", heads_per_warp},
                                     {"warps_per_block", warps_per_block}});
}

std::string config_text(const MergeConfig& config) {
  const auto& [partial_dtype, out_dtype, head_dim, vector_elements, lanes_per_item, warps_per_block,
               partials_in_flight, max_partials] = config;
  return expression("MergeConfig", {{"partial_dtype", partial_dtype},
                                    {"out_dtype", out_dtype},
                                    {"head_dim", head_dim},
                                    {"vector_elements", vector_elements},
                                    {"lanes_per_item", lanes_per_item},
                                    {"warps_per_block", warps_per_block},
                                    {"partials_in_flight", partials_in_flight},
                                    {"max_partials", max_partials}});
}

}  // namespace mla
