// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <tvm/ffi/container/array.h>
#include <tvm/ffi/container/map.h>

#include <charconv>
#include <string>
#include <string_view>
#include <variant>

#include "check.h"
#include "ffi/convert.h"
#include "ffi/export.h"
#include "mla/decode.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "mla/prefill.h"

namespace mla::ffi {
namespace {

using tvm::ffi::Any;
using tvm::ffi::Array;
using tvm::ffi::Map;
using tvm::ffi::String;

using Problem = std::variant<DecodeProblem, PrefillProblem, KvPackProblem, MergeProblem>;

// The fields of a problem as Python's dataclass holds them, by the names they have here.
struct Fields {
  const char* op;
  const Map<String, Any>& values;

  std::int64_t integer(const char* name) const {
    return values.at(String(name)).cast<std::int64_t>();
  }
  int small(const char* name) const { return to_int(op, name, integer(name)); }
  bool flag(const char* name) const { return values.at(String(name)).cast<bool>(); }
  DType dtype(const char* name) const {
    return to_dtype(op, name, values.at(String(name)).cast<DLDataType>());
  }
};

DecodeProblem decode_problem(const Fields& fields) {
  return {.dtype = fields.dtype("dtype"),
          .batch = fields.integer("batch"),
          .q_len = fields.integer("q_len"),
          .num_heads = fields.small("num_heads"),
          .kv_lora_rank = fields.small("kv_lora_rank"),
          .qk_rope_head_dim = fields.small("qk_rope_head_dim"),
          .page_size = fields.small("page_size"),
          .max_seq_len = fields.integer("max_seq_len"),
          .is_causal = fields.flag("is_causal"),
          .has_lse = fields.flag("has_lse"),
          .enable_pdl = fields.flag("enable_pdl"),
          .batch_invariant = fields.flag("batch_invariant"),
          .cp_world = fields.small("cp_world")};
}

PrefillProblem prefill_problem(const Fields& fields) {
  return {.dtype = fields.dtype("dtype"),
          .out_dtype = fields.dtype("out_dtype"),
          .batch = fields.integer("batch"),
          .total_q = fields.integer("total_q"),
          .total_kv = fields.integer("total_kv"),
          .max_seq_len_q = fields.integer("max_seq_len_q"),
          .max_seq_len_kv = fields.integer("max_seq_len_kv"),
          .num_q_heads = fields.small("num_q_heads"),
          .num_kv_heads = fields.small("num_kv_heads"),
          .d_qk = fields.small("d_qk"),
          .d_v = fields.small("d_v"),
          .is_causal = fields.flag("is_causal"),
          .has_lse = fields.flag("has_lse"),
          .enable_pdl = fields.flag("enable_pdl")};
}

KvPackProblem kv_pack_problem(const Fields& fields) {
  return {.dtype = fields.dtype("dtype"),
          .out_dtype = fields.dtype("out_dtype"),
          .num_tokens = fields.integer("num_tokens"),
          .num_heads = fields.small("num_heads"),
          .nope_dim = fields.small("nope_dim"),
          .rope_dim = fields.small("rope_dim"),
          .v_dim = fields.small("v_dim"),
          .enable_pdl = fields.flag("enable_pdl")};
}

MergeProblem merge_problem(const Fields& fields) {
  return {.partial_dtype = fields.dtype("partial_dtype"),
          .out_dtype = fields.dtype("out_dtype"),
          .num_partials = fields.integer("num_partials"),
          .num_rows = fields.integer("num_rows"),
          .num_heads = fields.small("num_heads"),
          .head_dim = fields.small("head_dim"),
          .has_lse = fields.flag("has_lse"),
          .enable_pdl = fields.flag("enable_pdl")};
}

Problem to_problem(const String& op, const Map<String, Any>& values) {
  const Fields fields{op.c_str(), values};
  if (op == "decode") return decode_problem(fields);
  if (op == "prefill") return prefill_problem(fields);
  if (op == "kv_pack") return kv_pack_problem(fields);
  if (op == "merge_states") return merge_problem(fields);
  throw Error(ErrorKind::kValue, "problem", "op must be one of this library's", std::string(op));
}

// "cpu" and "cuda:1" are devices of this machine, "H200" is a card known by name.
DeviceFacts to_facts(const String& device) {
  const std::string_view text(device.data(), device.size());
  constexpr std::string_view kCudaPrefix = "cuda:";
  if (text == "cpu") return runtime().device({});
  if (!text.starts_with(kCudaPrefix)) return known_device(text);
  int index = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + kCudaPrefix.size(), end, index);
  MLA_CHECK(parsed.ec == std::errc{} && parsed.ptr == end, ErrorKind::kValue, "device",
            "a CUDA device is written as cuda:N", std::string(text));
  return runtime().device({DeviceType::kCuda, index});
}

}  // namespace

std::int64_t decode_workspace_size(Map<String, Any> fields, String device) {
  return mla::decode_workspace_size(decode_problem({"decode_workspace_size", fields}),
                                    to_facts(device));
}

// Empty when it can be run, else the reason why not.
String can_implement(String op, Map<String, Any> fields, String device) {
  const DeviceFacts facts = to_facts(device);
  const Verdict verdict =
      std::visit([&](const auto& problem) { return mla::can_implement(problem, facts); },
                 to_problem(op, fields));
  return verdict.reason;
}

// Explanation, flat; an empty reason means that it can be run.
Map<String, Any> explain(String op, Map<String, Any> fields, String device) {
  const DeviceFacts facts = to_facts(device);
  const Explanation explanation = std::visit(
      [&](const auto& problem) { return mla::explain(problem, facts); }, to_problem(op, fields));
  Array<Array<String>> rows;
  for (const auto& [name, value] : explanation.rows) rows.push_back({String(name), String(value)});
  const Roofline& roofline = explanation.roofline;
  return {{"op", String(explanation.op)},
          {"device", String(explanation.device)},
          {"reason", String(explanation.verdict.reason)},
          {"rows", rows},
          {"flops", roofline.flops},
          {"bytes", roofline.bytes},
          {"compute_seconds", roofline.compute_seconds},
          {"memory_seconds", roofline.memory_seconds},
          {"exp_seconds", roofline.exp_seconds},
          {"bound_by", String(roofline.bound_by())},
          {"text", String(to_string(explanation))}};
}

Map<String, Any> device_facts(String device) {
  const DeviceFacts facts = to_facts(device);
  return {{"name", String(facts.name)},
          {"arch", String(name(facts.arch))},
          {"num_sms", facts.num_sms},
          {"smem_per_block_bytes", facts.smem_per_block_bytes},
          {"l2_bytes", facts.l2_bytes},
          {"memory_bytes_per_second", facts.memory_bytes_per_second},
          {"fp8_flops_per_second", facts.fp8_flops_per_second},
          {"fp16_flops_per_second", facts.fp16_flops_per_second},
          {"exp_per_second", facts.exp_per_second}};
}

Array<String> known_devices() {
  Array<String> names;
  for (const std::string& name : mla::known_devices()) names.push_back(name);
  return names;
}

}  // namespace mla::ffi

MLA_FFI_EXPORT(decode_workspace_size)
MLA_FFI_EXPORT(can_implement)
MLA_FFI_EXPORT(explain)
MLA_FFI_EXPORT(device_facts)
MLA_FFI_EXPORT(known_devices)
