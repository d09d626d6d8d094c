// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compile/kernel_image.h"

namespace mla::compile {

// What a cached image was made from and by.
struct CacheKey {
  std::string text;      // source, target, options, hash of the include closure
  std::string compiler;  // which NVRTC; empty: none is at hand, so any will do
};

// Compiled images in a folder that processes share. An entry is written beside its place, synced
// and renamed, so that a reader sees all of it or nothing. Trouble with the disk never raises: a
// damaged or unreadable entry is a miss, and an entry that cannot be written is compiled again next
// time.
class DiskCache {
 public:
  explicit DiskCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<KernelImage> load(const CacheKey& key) const;
  bool store(const CacheKey& key, const KernelImage& image) const;  // whether it was written

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file(const CacheKey& key) const;

 private:
  std::filesystem::path folder_;
};

// TOKENSPEED_MLA_CACHE_DIR, else tokenspeed_mla in XDG_CACHE_HOME, else in ~/.cache, else in the
// folder for temporary files.
std::filesystem::path default_cache_folder();

}  // namespace mla::compile
