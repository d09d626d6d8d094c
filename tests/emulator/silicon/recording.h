// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/emulator/silicon/silicon_case.h"

namespace emulator::silicon {

// What hardware did: a digest for each case, one "name digest" a line.
using Recording = std::map<std::string, std::string>;

Recording read_recording(const std::string& path);

// Runs the cases and writes their recording. When `bytes_path` is not empty, the outputs follow
// each other there, in the order of the cases.
void record(const std::vector<SiliconCase>& cases, const std::string& path,
            const std::string& bytes_path);

// The main function of a test program:
//   program                                compares the driver at hand with the recording
//   program --record FILE [BYTES] [PREFIX]
//       makes one, keeps the outputs themselves, and only runs cases whose names begin so
int compare_or_record(int count, char** arguments, const std::vector<SiliconCase>& cases,
                      const std::string& recording_path);

}  // namespace emulator::silicon
