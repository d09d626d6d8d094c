// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/roofline.h"

#include <algorithm>

#include "plan/element.h"

namespace mla {

namespace {

// The sum of min(max(first + i, 0), limit) over i in [0, count): what a causal mask leaves of
// `count` rows when each sees one key more than the one before.
double staircase_sum(double first, double count) {
  const double num_hidden = std::clamp(-first, 0.0, count);
  const double num_visible = count - num_hidden;
  const double first_visible = std::max(first, 0.0);
  return num_visible * first_visible + num_visible * (num_visible - 1) / 2;
}

// Pairs of a token and a key that it sees, of one request of full length.
double visible_pairs(const DecodeProblem& problem) {
  const double q_len = static_cast<double>(problem.q_len);
  const double num_keys = static_cast<double>(problem.max_seq_len);
  if (!problem.is_causal) return q_len * num_keys;
  if (problem.cp_world == 1) return staircase_sum(num_keys - q_len + 1, q_len);
  // Of the q_len - 1 newest keys a rank holds one in cp_world.
  const double newest = (q_len - 1) / problem.cp_world;
  return q_len * std::max(num_keys - newest, 0.0);
}

double visible_pairs(const PrefillProblem& problem) {
  if (problem.batch == 0) return 0;
  const double batch = static_cast<double>(problem.batch);
  const double q_len = static_cast<double>(problem.total_q) / batch;
  const double kv_len = static_cast<double>(problem.total_kv) / batch;
  if (!problem.is_causal) return batch * q_len * kv_len;
  return batch * staircase_sum(kv_len - q_len + 1, q_len);
}

void set_memory_seconds(Roofline& roofline, const DeviceFacts& device) {
  roofline.memory_seconds = seconds_for(roofline.bytes, device.memory_bytes_per_second);
}

}  // namespace

double Roofline::seconds() const {
  return std::max({compute_seconds, memory_seconds, exp_seconds});
}

const char* Roofline::bound_by() const {
  if (memory_seconds >= std::max(compute_seconds, exp_seconds)) return "memory";
  return compute_seconds >= exp_seconds ? "compute" : "exp";
}

double matrix_flops_per_second(DType dtype, const DeviceFacts& device) {
  return is_float8(dtype) ? device.fp8_flops_per_second : device.fp16_flops_per_second;
}

Roofline roofline(const DecodeProblem& problem, const DeviceFacts& device) {
  const double qk_dim = problem.kv_lora_rank + problem.qk_rope_head_dim;
  const double batch = static_cast<double>(problem.batch);
  const double rows = batch * static_cast<double>(problem.q_len) * problem.num_heads;
  const double keys = batch * static_cast<double>(problem.max_seq_len);
  constexpr double kOutBytes = 2;
  const double row_bytes = qk_dim * size_bytes(problem.dtype) + problem.kv_lora_rank * kOutBytes +
                           (problem.has_lse ? sizeof(float) : 0);
  Roofline result;
  result.flops =
      2 * (qk_dim + problem.kv_lora_rank) * batch * visible_pairs(problem) * problem.num_heads;
  result.bytes = keys * qk_dim * size_bytes(problem.dtype) + rows * row_bytes;
  result.compute_seconds =
      seconds_for(result.flops, matrix_flops_per_second(problem.dtype, device));
  set_memory_seconds(result, device);
  return result;
}

Roofline roofline(const PrefillProblem& problem, const DeviceFacts& device) {
  const double pairs = visible_pairs(problem) * problem.num_q_heads;
  const double q_rows = static_cast<double>(problem.total_q) * problem.num_q_heads;
  const double kv_rows = static_cast<double>(problem.total_kv) * problem.num_kv_heads;
  const double in_bytes = size_bytes(problem.dtype);
  const double q_row_bytes = problem.d_qk * in_bytes + problem.d_v * size_bytes(problem.out_dtype) +
                             (problem.has_lse ? sizeof(float) : 0);
  Roofline result;
  result.flops = 2.0 * (problem.d_qk + problem.d_v) * pairs;
  result.bytes = q_rows * q_row_bytes + kv_rows * (problem.d_qk + problem.d_v) * in_bytes;
  result.compute_seconds =
      seconds_for(result.flops, matrix_flops_per_second(problem.dtype, device));
  result.exp_seconds = seconds_for(pairs, device.exp_per_second);
  set_memory_seconds(result, device);
  return result;
}

Roofline roofline(const KvPackProblem& problem, const DeviceFacts& device) {
  const double tokens = static_cast<double>(problem.num_tokens);
  const double head_rows = tokens * problem.num_heads;
  const double k_dim = problem.nope_dim + problem.rope_dim;
  const double read = head_rows * (problem.nope_dim + problem.v_dim) + tokens * problem.rope_dim;
  const double written = head_rows * (k_dim + problem.v_dim);
  Roofline result;
  result.flops = written;  // one product with the scale each; far below what memory allows
  result.bytes = read * size_bytes(problem.dtype) + written * size_bytes(problem.out_dtype);
  set_memory_seconds(result, device);
  return result;
}

Roofline roofline(const MergeProblem& problem, const DeviceFacts& device) {
  const double rows = static_cast<double>(problem.num_rows) * problem.num_heads;
  const double partial_rows = rows * static_cast<double>(problem.num_partials);
  const double dim = problem.head_dim;
  Roofline result;
  result.flops = 2 * partial_rows * dim;  // a product and a sum each; far below what memory allows
  result.bytes =
      partial_rows * (dim * size_bytes(problem.partial_dtype) + sizeof(float)) +
      rows * (dim * size_bytes(problem.out_dtype) + (problem.has_lse ? sizeof(float) : 0));
  set_memory_seconds(result, device);
  return result;
}

}  // namespace mla
