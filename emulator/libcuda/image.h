// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "emulator/libcuda/api.h"

namespace emulator::libcuda {

// Takes the PTX text for a device ("sm_90") out of an image: PTX itself, a fat binary that holds
// PTX, or the wrapper that compilers put around one.
CUresult extract_ptx(const void* image, const std::string& device_target, std::string& text);

// Whether PTX for `ptx_target` runs on the device: sm_90a only on sm_90, sm_100f on its family,
// others on everything later.
bool runs_on(const std::string& ptx_target, const std::string& device_target);

}  // namespace emulator::libcuda
