// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/recording.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace emulator::silicon {
namespace {

class AgreesWithHardware : public testing::Test {
 public:
  AgreesWithHardware(const SiliconCase& one, const Recording& recording)
      : case_(one), recording_(recording) {}

  void TestBody() override {
    const auto expected = recording_.find(case_.name);
    ASSERT_NE(expected, recording_.end()) << "not recorded yet";
    EXPECT_EQ(run(case_).digest, expected->second);
  }

 private:
  const SiliconCase& case_;
  const Recording& recording_;
};

}  // namespace

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

int compare_or_record(int count, char** arguments, const std::vector<SiliconCase>& cases,
                      const std::string& recording_path) {
  testing::InitGoogleTest(&count, arguments);
  if (count > 2 && std::string(arguments[1]) == "--record") {
    const std::string prefix = count > 4 ? arguments[4] : "";
    std::vector<SiliconCase> chosen;
    std::ranges::copy_if(cases, std::back_inserter(chosen),
                         [&](const SiliconCase& one) { return one.name.starts_with(prefix); });
    record(chosen, arguments[2], count > 3 ? arguments[3] : "");
    return 0;
  }
  const Recording recording = read_recording(recording_path);
  for (const SiliconCase& one : cases) {
    testing::RegisterTest("Silicon", one.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&] { return new AgreesWithHardware(one, recording); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace emulator::silicon
