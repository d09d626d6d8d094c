// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/emulator/silicon/silicon_case.h"

namespace emulator::silicon {

// Something to be done on hardware once, and on the emulator ever after.
struct Experiment {
  std::string name;
  std::function<Outcome()> run;
  // Stands for everything else that decides the outcome and may change: an experiment that was
  // recorded with another text is skipped.
  std::string subject = {};
};

std::vector<Experiment> experiments(const std::vector<SiliconCase>& cases);

// What hardware did, by name.
struct Recorded {
  std::string subject;
  std::string digest;
};
using Recording = std::map<std::string, Recorded>;

// A file has a line "name digest" or "name subject=... digest" for each experiment.
Recording read_recording(const std::string& path);

// Writes a recording. When `bytes_path` is not empty, the outputs follow each other there, in the
// same order.
void record(const std::vector<Experiment>& all, const std::string& path,
            const std::string& bytes_path);

// The main function of a test program. Where nothing was recorded yet it says so, and only runs
// everything.
//   program                                compares the driver at hand with the recording
//   program --record FILE [BYTES] [PREFIX]
//       makes one, keeps the outputs themselves, and only runs what has a name that begins so
int compare_or_record(int count, char** arguments, const std::vector<Experiment>& all,
                      const std::string& recording_path);

}  // namespace emulator::silicon
