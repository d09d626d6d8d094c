// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/nvrtc_search.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace mla::compile {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Folders of a tree, one level down, or none.
std::vector<std::string> subfolders(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) found.push_back(entry.path());
  return found;
}

void add_existing(const fs::path& folder, std::vector<std::string>& files) {
  std::error_code ignored;
  for (const char* name : kNames) {
    if (fs::exists(folder / name, ignored)) files.push_back(folder / name);
  }
}

}  // namespace

NvrtcSearch nvrtc_search_from_environment() {
  NvrtcSearch search{
      .named_file = environment("TOKENSPEED_MLA_NVRTC"), .package_dirs = {}, .toolkit_dirs = {}};
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&nvrtc_search_from_environment), &info) != 0) {
    search.package_dirs.push_back(fs::path(info.dli_fname).parent_path().parent_path());
  }
  if (const std::string venv = environment("VIRTUAL_ENV"); !venv.empty()) {
    for (const std::string& python : subfolders(fs::path(venv) / "lib")) {
      search.package_dirs.push_back(python + "/site-packages");
    }
  }
  for (const char* name : {"CUDA_HOME", "CUDA_PATH"}) {
    if (!environment(name).empty()) search.toolkit_dirs.push_back(environment(name));
  }
  search.toolkit_dirs.push_back("/usr/local/cuda");
  return search;
}

std::vector<std::string> nvrtc_candidates(const NvrtcSearch& search) {
  if (!search.named_file.empty()) return {search.named_file};
  std::vector<std::string> files;
  for (const std::string& packages : search.package_dirs) {
    // nvidia/cu13/lib since CUDA 13, nvidia/cuda_nvrtc/lib before.
    for (const char* package : {"cu13", "cuda_nvrtc"}) {
      add_existing(fs::path(packages) / "nvidia" / package / "lib", files);
    }
  }
  for (const std::string& toolkit : search.toolkit_dirs) {
    add_existing(fs::path(toolkit) / "lib64", files);
  }
  files.insert(files.end(), std::begin(kNames), std::end(kNames));
  return files;
}

}  // namespace mla::compile
