// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "plan/availability.h"

#include <algorithm>
#include <optional>
#include <string>

namespace mla {

namespace {

struct KernelEntry {
  Op op;
  Arch arch;
  std::optional<DType> dtype;  // empty: all that the operation takes
};

// Every kernel of this build. A new one is a line here.
constexpr KernelEntry kKernels[] = {
    {Op::kDecode, Arch::kCpu, {}},
    {Op::kPrefill, Arch::kCpu, {}},
    {Op::kKvPack, Arch::kCpu, {}},
    {Op::kMerge, Arch::kCpu, {}},
    {Op::kDecode, Arch::kSm90, DType::kFloat16},
    {Op::kDecode, Arch::kSm90, DType::kBFloat16},
    {Op::kDecode, Arch::kSm90, DType::kFloat8E4M3},
    {Op::kDecode, Arch::kSm100, DType::kFloat16},
    {Op::kDecode, Arch::kSm100, DType::kBFloat16},
    {Op::kDecode, Arch::kSm100, DType::kFloat8E4M3},
    {Op::kDecode, Arch::kSm103, DType::kFloat16},
    {Op::kDecode, Arch::kSm103, DType::kBFloat16},
    {Op::kDecode, Arch::kSm103, DType::kFloat8E4M3},
    {Op::kPrefill, Arch::kSm90, {}},
    {Op::kPrefill, Arch::kSm100, {}},
    {Op::kPrefill, Arch::kSm103, {}},
    {Op::kKvPack, Arch::kSm90, {}},
    {Op::kKvPack, Arch::kSm100, {}},
    {Op::kKvPack, Arch::kSm103, {}},
    {Op::kMerge, Arch::kSm90, {}},
    {Op::kMerge, Arch::kSm100, {}},
    {Op::kMerge, Arch::kSm103, {}},
};

}  // namespace

const char* name(Op op) {
  switch (op) {
    case Op::kDecode: return "decode";
    case Op::kPrefill: return "prefill";
    case Op::kKvPack: return "kv_pack";
    case Op::kMerge: return "merge_states";
  }
  return "unknown";
}

Verdict kernel_available(Op op, DType dtype, Arch arch) {
  const bool is_available = std::ranges::any_of(kKernels, [&](const KernelEntry& kernel) {
    return kernel.op == op && kernel.arch == arch && kernel.dtype.value_or(dtype) == dtype;
  });
  if (is_available) return {};
  return {false, std::string(name(op)) + ": no kernel for " + name(dtype) + " on " + name(arch) +
                     " in this build"};
}

}  // namespace mla
