// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "compile/aot_table.h"
#include "compile/kernel_image.h"

namespace mla::compile {

// A shared object of kernels that were compiled ahead of time, for one target.
class AotObject {
 public:
  // Throws Error(kRuntime) when the file is missing, cut short or no such object.
  explicit AotObject(const std::string& file);

  // The image that was made from the same source, config, options and target; nothing when there is
  // none. Throws Error(kRuntime) when the image is damaged.
  std::optional<KernelImage> find(const std::string& key) const;

  int num_kernels() const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  const AotEntry* entries_ = nullptr;
};

// "libmla_kernels_sm_90a.so"
std::string aot_file_name(const Target& target);

}  // namespace mla::compile
