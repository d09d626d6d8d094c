// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mla::compile {

// One instance of a kernel template: what to compile.
struct KernelSource {
  std::string file;        // "device/simt/kv_pack.cuh"
  std::string expression;  // "mla::kv_pack_kernel<mla::KvPackConfig{.dtype = ...}>"
};

enum class ImageForm { kCubin, kPtx };

// What to compile for.
struct Target {
  std::string arch;  // "90a", "100f", "103f"
  ImageForm form = ImageForm::kCubin;

  // "sm_90a" for a cubin, "compute_90a" for PTX
  std::string text() const { return (form == ImageForm::kPtx ? "compute_" : "sm_") + arch; }
};

enum class Origin { kAheadOfTime, kDiskCache, kCompiled };

// What the driver loads.
struct KernelImage {
  std::string symbol;  // the kernel's name inside
  std::string code;    // a cubin, or PTX text
  Origin origin = Origin::kCompiled;
};

}  // namespace mla::compile
