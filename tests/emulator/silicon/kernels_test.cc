// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstring>
#include <set>

#include "cases/decode_call.h"
#include "cases/prefill_call.h"
#include "compile/content_hash.h"
#include "compile/embedded_sources.h"
#include "gpu/gpu_calls.h"
#include "ops/kernel_spec.h"
#include "ops/memory.h"
#include "plan/config_text.h"
#include "plan/decode_plan.h"
#include "plan/prefill_plan.h"
#include "tests/emulator/silicon/recording.h"

// The library's own kernels for sm_90 on cases of the shared tables.
namespace mla::test {
namespace {

using emulator::silicon::Experiment;
using emulator::silicon::Outcome;

// The rules of the decode table that are recorded: every type, page size and way to split work.
const std::set<std::string> kDecodeRules = {"dtypes and masks",
                                            "queries of standard deviation 100",
                                            "q_len with batch and split-KV",
                                            "page sizes",
                                            "one long request among short ones",
                                            "kv shorter than q under a causal mask",
                                            "output scale",
                                            "ragged lengths"};

// The same of the prefill table: every type and mask, both tiles of queries.
const std::set<std::string> kPrefillRules = {"dtypes and masks",
                                             "128 wide keys",
                                             "kv longer than q",
                                             "grouped-query heads",
                                             "more tiles of queries than SMs",
                                             "queries of standard deviation 100",
                                             "ragged lengths"};

bool is_recorded(const Case& c, const std::set<std::string>& rules) {
  return rules.contains(c.name.substr(0, c.name.find('/')));
}

void append(std::vector<std::uint8_t>& bytes, const HostTensor& tensor) {
  const TensorView view = tensor.view();
  const auto* first = static_cast<const std::uint8_t*>(view.data);
  bytes.insert(bytes.end(), first, first + span_bytes(view).value());
}

// A kernel's source without comments and blanks.
std::string code_of(const std::string& file) {
  std::string code;
  for (const compile::SourceFile& source : compile::include_closure(file)) {
    bool in_comment = false;
    for (const char* at = source.text; *at != '\0'; ++at) {
      if (std::strncmp(at, "//", 2) == 0) in_comment = true;
      if (*at == '\n') in_comment = false;
      if (!in_comment && *at != ' ' && *at != '\n') code += *at;
    }
  }
  return code;
}

std::string subject(const std::string& text) {
  return compile::content_hash(text).substr(0, 16);
}

// The case's name; where only a sign tells two apart, the second one has a number.
std::string experiment_name(const Case& c, std::set<std::string>& taken) {
  const std::string name = c.op + "." + test_name(c, 0).substr(2);
  if (taken.insert(name).second) return name;
  for (int number = 2;; ++number) {
    const std::string other = name + "_" + std::to_string(number);
    if (taken.insert(other).second) return other;
  }
}

std::string decode_subject(const Case& c, GpuTarget& gpu) {
  const DecodeProblem problem = decode_problem(make_decode_inputs(c), c);
  const DeviceFacts& device = gpu.runtime().device(gpu.device());
  const DecodePlan plan = plan_decode(problem, device);
  return subject(code_of(kernel_spec(plan.config, device.arch).source.file) +
                 code_of("device/simt/decode_merge.cuh") + config_text(plan.config) + " " +
                 std::to_string(plan.num_workers) + " " + std::to_string(plan.rows_per_tile));
}

Outcome decode_outcome(const Case& c, GpuTarget& gpu) {
  const Result result = run_decode(make_decode_inputs(c), c, gpu);
  gpu.forget_uploads();
  std::vector<std::uint8_t> bytes;
  append(bytes, result.out);
  append(bytes, result.lse);
  return emulator::silicon::outcome_of(std::move(bytes));
}

std::string prefill_subject(const Case& c, GpuTarget& gpu) {
  const PrefillProblem problem = prefill_problem(make_prefill_inputs(c), c);
  const DeviceFacts& device = gpu.runtime().device(gpu.device());
  const PrefillPlan plan = plan_prefill(problem, device);
  return subject(code_of(kernel_spec(plan.config, device.arch).source.file) +
                 config_text(plan.config));
}

Outcome prefill_outcome(const Case& c, GpuTarget& gpu) {
  const Result result = run_prefill(make_prefill_inputs(c), c, c.get<bool>("is_causal"), gpu);
  gpu.forget_uploads();
  std::vector<std::uint8_t> bytes;
  append(bytes, result.out);
  append(bytes, result.lse);
  return emulator::silicon::outcome_of(std::move(bytes));
}

Outcome merge_outcome(const Case& c, GpuTarget& gpu) {
  MergeCall call(c, gpu);
  const gpu::Stream stream(gpu.context());
  call.run(stream);
  stream.synchronize();
  std::vector<std::uint8_t> bytes;
  append(bytes, call.download().out);
  append(bytes, call.download().lse);
  gpu.forget_uploads();
  return emulator::silicon::outcome_of(std::move(bytes));
}

bool has_kernel(const Case& c, GpuTarget& gpu) {
  return static_cast<bool>(
      can_implement(decode_problem(make_decode_inputs(c), c), gpu.runtime().device(gpu.device())));
}

std::vector<Experiment> all_experiments(GpuTarget& gpu) {
  std::vector<Experiment> all;
  std::set<std::string> names;
  const std::string merge = subject(code_of("device/simt/merge.cuh"));
  for (const Case& c : load_cases("merge", "quick")) {
    all.push_back({experiment_name(c, names), [c, &gpu] { return merge_outcome(c, gpu); }, merge});
  }
  for (const Case& c : load_cases("decode", "quick")) {
    if (!is_recorded(c, kDecodeRules) || !has_kernel(c, gpu)) continue;
    all.push_back({experiment_name(c, names), [c, &gpu] { return decode_outcome(c, gpu); },
                   decode_subject(c, gpu)});
  }
  for (const Case& c : load_cases("prefill", "quick")) {
    if (!is_recorded(c, kPrefillRules)) continue;
    all.push_back({experiment_name(c, names), [c, &gpu] { return prefill_outcome(c, gpu); },
                   prefill_subject(c, gpu)});
  }
  return all;
}

}  // namespace
}  // namespace mla::test

int main(int count, char** arguments) {
  if (mla::test::gpu_target() == nullptr) {
    std::printf("skipped: %s\n", mla::test::gpu_missing().c_str());
    return 0;
  }
  return emulator::silicon::compare_or_record(count, arguments,
                                              mla::test::all_experiments(*mla::test::gpu_target()),
                                              SILICON_RECORDINGS "/kernels.h200.txt");
}
