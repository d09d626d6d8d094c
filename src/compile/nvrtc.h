// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "compile/kernel_image.h"

namespace mla::compile {

// NVRTC's binary interface in its own names.
enum nvrtcResult : int { kNvrtcSuccess = 0 };
using nvrtcProgram = struct NvrtcProgramHandle*;

struct NvrtcFunctions {
#define MLA_NVRTC_FUNCTION(result, symbol, parameters) result(*symbol) parameters = nullptr;
#include "compile/nvrtc_functions.def"
};

// CUDA's run-time compiler, loaded from the first of `candidates` that is one. Safe to use from
// several threads.
class Nvrtc {
 public:
  // Throws Error(kRuntime) with every file that was tried and why it would not do.
  explicit Nvrtc(const std::vector<std::string>& candidates);

  // Compiles one kernel from the embedded sources. Throws Error(kRuntime) with the kernel's
  // expression and the compiler's log. `remarks` receives what the compiler says of a kernel that
  // compiles.
  KernelImage compile(const KernelSource& source, const Target& target,
                      std::string* remarks = nullptr) const;

  const std::string& file() const { return file_; }
  std::string version() const;  // "13.0"

 private:
  void check(nvrtcResult result, const char* action) const;
  std::string log(nvrtcProgram program) const;

  std::string file_;
  std::unique_ptr<NvrtcFunctions> functions_;
};

// What the compiler is told besides source and target.
const std::vector<std::string>& compile_options();

}  // namespace mla::compile
