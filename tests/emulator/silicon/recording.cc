// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/recording.h"

#include <fstream>
#include <stdexcept>

namespace emulator::silicon {

Recording read_recording(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  Recording recording;
  for (std::string name, digest; file >> name && std::getline(file, digest);) {
    recording[name] = digest.substr(1);
  }
  return recording;
}

void record(const std::vector<SiliconCase>& cases, const std::string& path,
            const std::string& bytes_path) {
  std::ofstream file(path);
  std::ofstream bytes;
  if (!bytes_path.empty()) bytes.open(bytes_path, std::ios::binary);
  for (const SiliconCase& one : cases) {
    const Outcome outcome = run(one);
    file << one.name << ' ' << outcome.digest << std::endl;
    bytes.write(reinterpret_cast<const char*>(outcome.output.data()),
                static_cast<std::streamsize>(outcome.output.size()));
  }
}

}  // namespace emulator::silicon
