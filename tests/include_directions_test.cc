// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <string>
#include <vector>

// Dependencies point one way: each folder may include its own files and those named here.
namespace mla {
namespace {

namespace fs = std::filesystem;

struct Direction {
  std::string folder;
  std::vector<std::string> may_include;
};

const std::vector<Direction> kDirections = {
    {"include/mla", {}},
    {"device/abi", {}},
    {"device/ptx", {"device/abi"}},
    {"device/tile", {"device/abi", "device/ptx"}},
    {"device/sm90", {"device/abi", "device/ptx", "device/tile"}},
    {"device/sm100", {"device/abi", "device/ptx", "device/tile"}},
    {"device/simt", {"device/abi", "device/ptx", "device/tile"}},
    {"src/plan", {"include/mla", "device/abi", "src/check.h"}},
    {"src/compile", {"include/mla", "device/abi", "src/check.h"}},
    {"src/driver", {"include/mla", "device/abi", "src/check.h"}},
    {"src/cpu", {"include/mla", "device/abi", "src/check.h"}},
    {"src/ops",
     {"include/mla", "device/abi", "src/check.h", "src/plan", "src/compile", "src/driver",
      "src/cpu"}},
    {"src/ffi", {"include/mla", "src/check.h", "src/ops"}},
    {"emulator", {"src/driver/functions.def", "src/driver/types.h"}},
};

// Folders of pure contracts: the standard library at most.
const std::vector<std::string> kWithoutLibraries = {"include/mla", "device/abi", "src/plan"};

bool is_in(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

// The file of this repository that an include names, if it is one.
std::optional<std::string> resolve(const fs::path& root, const std::string& file,
                                   const std::string& included) {
  const fs::path includer_folder = (root / file).parent_path();
  for (const fs::path& base : {includer_folder, root, root / "src", root / "include"}) {
    const fs::path candidate = (base / included).lexically_normal();
    if (fs::is_regular_file(candidate)) return fs::relative(candidate, root).generic_string();
  }
  return {};
}

bool is_allowed(const std::string& file, const std::string& included_file) {
  for (const Direction& direction : kDirections) {
    if (!is_in(file, direction.folder)) continue;
    return is_in(included_file, direction.folder) ||
           std::ranges::any_of(direction.may_include, [&](const std::string& folder) {
             return is_in(included_file, folder);
           });
  }
  return true;
}

// Standard headers have neither a folder nor an ending.
bool is_library_allowed(const std::string& file, const std::string& header) {
  const bool is_standard = header.find_first_of("./") == std::string::npos;
  return is_standard || std::ranges::none_of(kWithoutLibraries, [&](const std::string& folder) {
           return is_in(file, folder);
         });
}

std::vector<std::string> includes_of(const fs::path& path) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<std::string> includes;
  std::ifstream stream(path);
  std::smatch match;
  for (std::string line; std::getline(stream, line);) {
    if (std::regex_search(line, match, kInclude)) includes.push_back(match[1]);
  }
  return includes;
}

std::vector<std::string> sources_of(const fs::path& root) {
  const std::vector<std::string> endings = {".h", ".cc", ".cuh", ".cu", ".def"};
  std::vector<std::string> sources;
  for (const char* top : {"include", "device", "src", "emulator"}) {
    if (!fs::is_directory(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string ending = entry.path().extension().string();
      if (std::ranges::find(endings, ending) == endings.end()) continue;
      sources.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  return sources;
}

TEST(IncludeDirections, PointOneWay) {
  const fs::path root = MLA_SOURCE_DIR;
  int num_project_includes = 0;
  for (const std::string& file : sources_of(root)) {
    for (const std::string& included : includes_of(root / file)) {
      const std::optional<std::string> target = resolve(root, file, included);
      num_project_includes += target.has_value();
      const bool is_fine = target ? is_allowed(file, *target) : is_library_allowed(file, included);
      EXPECT_TRUE(is_fine) << file << " must not include " << included;
    }
  }
  EXPECT_GT(num_project_includes, 50);
}

TEST(IncludeDirections, AreTold) {
  EXPECT_TRUE(is_allowed("src/plan/decode_plan.cc", "device/abi/decode_work.h"));
  EXPECT_TRUE(is_allowed("src/ops/decode.cc", "src/plan/decode_plan.h"));
  EXPECT_FALSE(is_allowed("src/plan/decode_plan.cc", "src/cpu/ops.h"));
  EXPECT_FALSE(is_allowed("device/abi/decode_work.h", "include/mla/tensor.h"));
  EXPECT_FALSE(is_allowed("device/ptx/wgmma.cuh", "device/tile/softmax.cuh"));
  EXPECT_FALSE(is_allowed("device/sm90/decode.cuh", "device/sm100/decode.cuh"));
  EXPECT_FALSE(is_allowed("emulator/core/warp.cc", "device/abi/decode_config.h"));
  EXPECT_TRUE(is_library_allowed("src/plan/roofline.cc", "algorithm"));
  EXPECT_FALSE(is_library_allowed("src/plan/roofline.cc", "cuda.h"));
  EXPECT_FALSE(is_library_allowed("include/mla/tensor.h", "torch/extension"));
}

}  // namespace
}  // namespace mla
