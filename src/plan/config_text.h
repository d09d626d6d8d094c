// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "device/abi/decode_config.h"
#include "device/abi/kv_pack_config.h"
#include "device/abi/merge_config.h"
#include "device/abi/prefill_config.h"

namespace mla {

// A config as the C++ expression that makes it, every field by name and every name qualified:
//
//   mla::MergeConfig{.partial_dtype = mla::ElementType::kFloat32, ..., .head_dim = 512}
//
// It names the kernel template's instance to the compiler, keys caches, and is what logs print.
std::string config_text(const DecodeConfig& config);
std::string config_text(const DecodeMergeConfig& config);
std::string config_text(const PrefillConfig& config);
std::string config_text(const KvPackConfig& config);
std::string config_text(const MergeConfig& config);

}  // namespace mla
