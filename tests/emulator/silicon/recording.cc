// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/silicon/recording.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace emulator::silicon {
namespace {

constexpr std::string_view kSubject = "subject=";

class AgreesWithHardware : public testing::Test {
 public:
  AgreesWithHardware(const Experiment& experiment, const Recording& recording)
      : experiment_(experiment), recording_(recording) {}

  void TestBody() override {
    if (recording_.empty()) return run_unrecorded();
    const auto found = recording_.find(experiment_.name);
    if (found == recording_.end() && !experiment_.subject.empty()) GTEST_SKIP() << "not recorded";
    ASSERT_NE(found, recording_.end()) << "not recorded yet";
    if (found->second.subject != experiment_.subject) {
      GTEST_SKIP() << "recorded of another kernel: " << found->second.subject << ", now "
                   << experiment_.subject;
    }
    EXPECT_EQ(experiment_.run().digest, found->second.digest);
  }

 private:
  // It must at least run.
  void run_unrecorded() {
    ASSERT_TRUE(experiment_.run().digest.starts_with("ok"));
    GTEST_SKIP() << "not recorded on silicon";
  }

  const Experiment& experiment_;
  const Recording& recording_;
};

}  // namespace

std::vector<Experiment> experiments(const std::vector<SiliconCase>& cases) {
  std::vector<Experiment> all;
  for (const SiliconCase& one : cases) all.push_back({one.name, [one] { return run(one); }});
  return all;
}

Recording read_recording(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  Recording recording;
  for (std::string name, rest; file >> name && std::getline(file >> std::ws, rest);) {
    Recorded& recorded = recording[name];
    if (rest.starts_with(kSubject)) {
      const size_t end = rest.find(' ');
      recorded.subject = rest.substr(kSubject.size(), end - kSubject.size());
      rest.erase(0, end + 1);
    }
    recorded.digest = rest;
  }
  return recording;
}

void record(const std::vector<Experiment>& all, const std::string& path,
            const std::string& bytes_path) {
  std::ofstream file(path);
  std::ofstream bytes;
  if (!bytes_path.empty()) bytes.open(bytes_path, std::ios::binary);
  for (const Experiment& one : all) {
    const Outcome outcome = one.run();
    file << one.name << ' ';
    if (!one.subject.empty()) file << kSubject << one.subject << ' ';
    file << outcome.digest << std::endl;
    bytes.write(reinterpret_cast<const char*>(outcome.output.data()),
                static_cast<std::streamsize>(outcome.output.size()));
  }
}

int compare_or_record(int count, char** arguments, const std::vector<Experiment>& all,
                      const std::string& recording_path) {
  testing::InitGoogleTest(&count, arguments);
  if (count > 2 && std::string(arguments[1]) == "--record") {
    const std::string prefix = count > 4 ? arguments[4] : "";
    std::vector<Experiment> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](const Experiment& one) { return one.name.starts_with(prefix); });
    record(chosen, arguments[2], count > 3 ? arguments[3] : "");
    return 0;
  }
  const bool is_recorded = std::filesystem::exists(recording_path);
  const Recording recording = is_recorded ? read_recording(recording_path) : Recording{};
  for (const Experiment& one : all) {
    testing::RegisterTest("Silicon", one.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&] { return new AgreesWithHardware(one, recording); });
  }
  const int result = RUN_ALL_TESTS();
  if (result == 0 && !is_recorded) {
    std::printf("%s was not recorded yet\n", recording_path.c_str());
  }
  return result;
}

}  // namespace emulator::silicon
