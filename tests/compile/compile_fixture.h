// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "compile/nvrtc_search.h"
#include "driver/error_of.h"

namespace mla::testing {

namespace fs = std::filesystem;

// The NVRTC that this machine has: as the library would find it, or in the source tree's .venv.
inline compile::NvrtcSearch nvrtc_at_hand() {
  compile::NvrtcSearch search = compile::nvrtc_search_from_environment();
  std::error_code ignored;
  for (const auto& python : fs::directory_iterator(MLA_SOURCE_DIR "/.venv/lib", ignored)) {
    search.package_dirs.push_back(python.path() / "site-packages");
  }
  return search;
}

inline bool has_nvrtc() {
  for (const std::string& candidate : compile::nvrtc_candidates(nvrtc_at_hand())) {
    if (fs::exists(candidate)) return true;
  }
  return false;
}

#define MLA_NEEDS_NVRTC() \
  if (!::mla::testing::has_nvrtc()) GTEST_SKIP() << "no NVRTC: pip install nvidia-cuda-nvrtc"

// A variable of the environment, for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

// A folder that is gone after the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "mla_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::permissions(path_, fs::perms::owner_all, ignored);
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline void write_file(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

}  // namespace mla::testing
