// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "compile/kernel_image.h"
#include "mla/device.h"
#include "plan/config_text.h"

namespace mla {

// What a config stands for on an architecture: the instance of a kernel template, and what it asks
// of a launch.
struct KernelSpec {
  compile::KernelSource source;
  unsigned max_dynamic_smem_bytes = 0;
};

inline KernelSpec kernel_spec(const KvPackConfig& config, Arch) {
  return {{"device/simt/kv_pack.cuh", "mla::kv_pack_kernel<" + config_text(config) + ">"}};
}

inline KernelSpec kernel_spec(const MergeConfig& config, Arch) {
  return {{"device/simt/merge.cuh", "mla::merge_kernel<" + config_text(config) + ">"}};
}

inline KernelSpec kernel_spec(const DecodeConfig& config, Arch arch) {
  if (arch != Arch::kSm90) {
    return {{"device/sm100/decode.cuh", "mla::sm100::decode_kernel<" + config_text(config) + ">"},
            unsigned(sm100_decode_smem_bytes(config))};
  }
  const std::string name = size_bytes(config.dtype) == 1 ? "decode_fp8"
                           : config.score_groups == 1    ? "decode_f16"
                                                         : "decode_seesaw";
  return {{"device/sm90/" + name + ".cuh",
           "mla::sm90::" + name + "_kernel<" + config_text(config) + ">"},
          unsigned(sm90_decode_smem_bytes(config))};
}

inline int prefill_smem_bytes(const PrefillConfig& config, Arch arch) {
  return arch == Arch::kSm90 ? sm90_prefill_smem_bytes(config) : sm100_prefill_smem_bytes(config);
}

inline KernelSpec kernel_spec(const PrefillConfig& config, Arch arch) {
  const std::string family = arch == Arch::kSm90 ? "sm90" : "sm100";
  return {{"device/" + family + "/prefill.cuh",
           "mla::" + family + "::prefill_kernel<" + config_text(config) + ">"},
          unsigned(prefill_smem_bytes(config, arch))};
}

inline KernelSpec kernel_spec(const DecodeMergeConfig& config, Arch) {
  return {
      {"device/simt/decode_merge.cuh", "mla::decode_merge_kernel<" + config_text(config) + ">"}};
}

}  // namespace mla
