// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

// The device sources, put into the library when it is built, so that an installed one needs no
// source tree.
namespace mla::compile {

struct SourceFile {
  const char* name;  // as an #include names it: "device/ptx/cvt.cuh"
  const char* text;
};

std::span<const SourceFile> embedded_sources();

// `file` and everything that it includes, directly or not, each once, in order of first inclusion.
// Throws Error(kRuntime) for a file that is not among the embedded ones.
std::vector<SourceFile> include_closure(std::string_view file);

// One hash of all names and texts.
std::string closure_hash(std::span<const SourceFile> files);

}  // namespace mla::compile
