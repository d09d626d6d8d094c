// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "compile/aot_object.h"
#include "compile/disk_cache.h"
#include "compile/nvrtc.h"
#include "compile/nvrtc_search.h"

namespace mla::compile {

struct KernelStoreOptions {
  std::filesystem::path aot_folder;    // where libmla_kernels_<target>.so lie
  std::filesystem::path cache_folder;  // of images compiled before
  NvrtcSearch nvrtc;
};

// Where kernel images come from: compiled ahead of time, else the disk cache, else NVRTC, which is
// loaded only then. Safe to use from several threads; two that need the same image at once may both
// compile it.
class KernelStore {
 public:
  explicit KernelStore(KernelStoreOptions options);

  // Throws Error(kRuntime) when the kernel cannot be had: why the compiler failed or is missing,
  // and what was wrong with the object compiled ahead of time, if anything was.
  KernelImage find(const KernelSource& source, const Target& target);

 private:
  // The object for a target; null when there is no such file or it is damaged (then `aot_problems_`
  // says how).
  const AotObject* aot_object(const Target& target);
  KernelImage compile(const KernelSource& source, const Target& target);
  const Nvrtc& nvrtc();

  KernelStoreOptions options_;
  DiskCache cache_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, std::unique_ptr<AotObject>> aot_objects_;
  std::string aot_problems_;
  std::unique_ptr<Nvrtc> nvrtc_;
};

// What an image depends on: source, target, options and every included text.
std::string kernel_key(const KernelSource& source, const Target& target);

// The folder of the library or program that this code is part of.
std::filesystem::path own_folder();

}  // namespace mla::compile
