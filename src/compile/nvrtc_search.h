// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mla::compile {

// Where NVRTC may be. Plain data, so that the order can be tested.
struct NvrtcSearch {
  std::string named_file;                 // TOKENSPEED_MLA_NVRTC; when set, nothing else is tried
  std::vector<std::string> package_dirs;  // Python's site-packages: the nvidia-cuda-nvrtc package
  std::vector<std::string> toolkit_dirs;  // CUDA_HOME, CUDA_PATH, /usr/local/cuda
};

// This process's surroundings: the variables above; the folder that holds this library's own, which
// is site-packages for an installed Python package; an active virtual environment.
NvrtcSearch nvrtc_search_from_environment();

// Files to try, best first; the last ones are bare names for the loader's own search.
std::vector<std::string> nvrtc_candidates(const NvrtcSearch& search);

}  // namespace mla::compile
