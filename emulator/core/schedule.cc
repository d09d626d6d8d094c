// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/core/schedule.h"

#include <algorithm>
#include <cstdlib>
#include <random>

namespace emulator {
namespace {

// Long enough to be cheap, short enough that a spinning warp does not hold up the one it waits for.
constexpr uint64_t kLongQuantum = 1 << 14;

class EagerSchedule final : public Schedule {
 public:
  void order(std::span<Warp*>) override {}
  uint64_t quantum() override { return kLongQuantum; }
  bool completes_at_issue() override { return true; }
  bool completes_between_turns() override { return false; }
  size_t choose(size_t) override { return 0; }
  bool needs_one_worker() const override { return false; }
};

class LazySchedule final : public Schedule {
 public:
  void order(std::span<Warp*>) override {}
  uint64_t quantum() override { return kLongQuantum; }
  bool completes_at_issue() override { return false; }
  bool completes_between_turns() override { return false; }
  size_t choose(size_t) override { return 0; }
  bool needs_one_worker() const override { return false; }
};

class RandomSchedule final : public Schedule {
 public:
  explicit RandomSchedule(uint64_t seed) : random_(seed) {}

  void order(std::span<Warp*> warps) override { std::shuffle(warps.begin(), warps.end(), random_); }
  uint64_t quantum() override { return uint64_t{1} << (random_() % 13); }
  bool completes_at_issue() override { return random_() % 4 == 0; }
  bool completes_between_turns() override { return random_() % 4 == 0; }
  size_t choose(size_t count) override { return random_() % count; }
  bool needs_one_worker() const override { return true; }

 private:
  std::mt19937_64 random_;
};

}  // namespace

bool parse_schedule(const std::string& text, ScheduleChoice& choice) {
  if (text == "eager") {
    choice = {ScheduleKind::kEager, 0};
  } else if (text == "lazy") {
    choice = {ScheduleKind::kLazy, 0};
  } else if (text == "random" || text.starts_with("random:")) {
    const size_t colon = text.find(':');
    const uint64_t seed =
        colon == std::string::npos ? 1 : std::strtoull(text.c_str() + colon + 1, nullptr, 10);
    choice = {ScheduleKind::kRandom, seed};
  } else {
    return false;
  }
  return true;
}

std::unique_ptr<Schedule> make_schedule(const ScheduleChoice& choice) {
  switch (choice.kind) {
    case ScheduleKind::kEager: return std::make_unique<EagerSchedule>();
    case ScheduleKind::kLazy: return std::make_unique<LazySchedule>();
    case ScheduleKind::kRandom: return std::make_unique<RandomSchedule>(choice.seed);
  }
  return nullptr;
}

}  // namespace emulator
