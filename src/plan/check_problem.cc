// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/check_problem.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "check.h"
#include "plan/element.h"

namespace mla {

namespace {

constexpr std::int64_t kMaxCount = 2'147'483'647;  // lengths are int32, and products fit int64
constexpr int kMaxHeadDim = 1 << 20;

bool is_any_of(DType dtype, std::initializer_list<DType> dtypes) {
  return std::ranges::find(dtypes, dtype) != dtypes.end();
}

bool is_float16(DType dtype) {
  return is_any_of(dtype, {DType::kFloat16, DType::kBFloat16});
}

void check_count(const char* where, const std::string& what, std::int64_t count,
                 std::int64_t least) {
  MLA_CHECK(count >= least, ErrorKind::kValue, where,
            what + " must be at least " + std::to_string(least), count);
  MLA_CHECK(count <= kMaxCount, ErrorKind::kValue, where, what + " must be below 2^31", count);
}

void check_head_dim(const char* where, const std::string& what, int dim, int least) {
  MLA_CHECK(dim >= least, ErrorKind::kValue, where,
            what + " must be at least " + std::to_string(least), dim);
  MLA_CHECK(dim <= kMaxHeadDim, ErrorKind::kValue, where, what + " must be at most 2^20", dim);
}

}  // namespace

void check_problem(const DecodeProblem& problem) {
  constexpr auto kWhere = "decode";
  MLA_CHECK(is_float16(problem.dtype) || problem.dtype == DType::kFloat8E4M3, ErrorKind::kType,
            kWhere, "query must be float16, bfloat16 or float8_e4m3fn", problem.dtype);
  check_count(kWhere, "batch", problem.batch, 0);
  check_count(kWhere, "q_len", problem.q_len, 1);
  MLA_CHECK(problem.num_heads >= 1 && problem.num_heads <= 128, ErrorKind::kValue, kWhere,
            "num_heads must be 1 to 128", problem.num_heads);
  MLA_CHECK(problem.kv_lora_rank == 512, ErrorKind::kValue, kWhere, "kv_lora_rank must be 512",
            problem.kv_lora_rank);
  MLA_CHECK(problem.qk_rope_head_dim == 64, ErrorKind::kValue, kWhere,
            "qk_rope_head_dim must be 64", problem.qk_rope_head_dim);
  MLA_CHECK(problem.page_size >= 1 && 128 % problem.page_size == 0, ErrorKind::kValue, kWhere,
            "page_size must divide 128", problem.page_size);
  check_count(kWhere, "max_seq_len", problem.max_seq_len, 0);
  check_count(kWhere, "cp_world", problem.cp_world, 1);
}

void check_problem(const PrefillProblem& problem) {
  constexpr auto kWhere = "prefill";
  MLA_CHECK(is_float16(problem.dtype) || is_float8(problem.dtype), ErrorKind::kType, kWhere,
            "query must be float8_e4m3fn, float8_e5m2, bfloat16 or float16", problem.dtype);
  MLA_CHECK(problem.out_dtype == DType::kBFloat16 || problem.out_dtype == DType::kFloat16,
            ErrorKind::kType, kWhere, "out must be bfloat16, or float16 for float16 inputs",
            problem.out_dtype);
  MLA_CHECK(problem.out_dtype == DType::kBFloat16 || problem.dtype == DType::kFloat16,
            ErrorKind::kType, kWhere, "out may be float16 only when the inputs are", problem.dtype);
  check_count(kWhere, "batch", problem.batch, 0);
  check_count(kWhere, "total_q", problem.total_q, 0);
  check_count(kWhere, "total_kv", problem.total_kv, 0);
  check_count(kWhere, "max_seq_len_q", problem.max_seq_len_q, 0);
  check_count(kWhere, "max_seq_len_kv", problem.max_seq_len_kv, 0);
  check_head_dim(kWhere, "num_q_heads", problem.num_q_heads, 1);
  check_head_dim(kWhere, "num_kv_heads", problem.num_kv_heads, 1);
  MLA_CHECK(problem.num_q_heads % problem.num_kv_heads == 0, ErrorKind::kValue, kWhere,
            "num_q_heads must be a multiple of num_kv_heads (" +
                std::to_string(problem.num_kv_heads) + ")",
            problem.num_q_heads);
  const auto dims = std::pair(problem.d_qk, problem.d_v);
  MLA_CHECK(dims == std::pair(192, 128) || dims == std::pair(128, 128), ErrorKind::kValue, kWhere,
            "(d_qk, d_v) must be (192, 128) or (128, 128)",
            "(" + std::to_string(problem.d_qk) + ", " + std::to_string(problem.d_v) + ")");
}

void check_problem(const KvPackProblem& problem) {
  constexpr auto kWhere = "kv_pack";
  MLA_CHECK(is_float16(problem.dtype), ErrorKind::kType, kWhere,
            "k_nope must be bfloat16 or float16", problem.dtype);
  MLA_CHECK(is_float8(problem.out_dtype), ErrorKind::kType, kWhere,
            "k_out must be float8_e4m3fn or float8_e5m2", problem.out_dtype);
  check_count(kWhere, "tokens", problem.num_tokens, 0);
  check_head_dim(kWhere, "heads", problem.num_heads, 0);
  check_head_dim(kWhere, "nope", problem.nope_dim, 0);
  check_head_dim(kWhere, "rope", problem.rope_dim, 0);
  check_head_dim(kWhere, "d_v", problem.v_dim, 0);
}

void check_problem(const MergeProblem& problem) {
  constexpr auto kWhere = "merge_states";
  const auto is_legal = [](DType dtype) { return is_float16(dtype) || dtype == DType::kFloat32; };
  MLA_CHECK(is_legal(problem.partial_dtype), ErrorKind::kType, kWhere,
            "partials must be float32, bfloat16 or float16", problem.partial_dtype);
  MLA_CHECK(is_legal(problem.out_dtype), ErrorKind::kType, kWhere,
            "out must be float32, bfloat16 or float16", problem.out_dtype);
  check_count(kWhere, "the number of partials", problem.num_partials, 1);
  check_count(kWhere, "rows", problem.num_rows, 0);
  check_head_dim(kWhere, "heads", problem.num_heads, 0);
  check_head_dim(kWhere, "d", problem.head_dim, 8);
  MLA_CHECK(problem.head_dim % 8 == 0, ErrorKind::kValue, kWhere, "d must be a multiple of 8",
            problem.head_dim);
}

void check_device(const DeviceFacts& device) {
  constexpr int kMaxSms = 8192;  // keeps the bytes of any workspace within int64
  MLA_CHECK(device.num_sms >= 1 && device.num_sms <= kMaxSms, ErrorKind::kValue, "plan",
            "num_sms of a device must be 1 to " + std::to_string(kMaxSms), device.num_sms);
}

}  // namespace mla
