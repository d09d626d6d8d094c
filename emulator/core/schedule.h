// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace emulator {

class Warp;

// In which order things happen that the programming model leaves open. A kernel is right only if it
// is right under every schedule.
class Schedule {
 public:
  virtual ~Schedule() = default;

  // The order in which the warps of a cluster get their next turn.
  virtual void order(std::span<Warp*> warps) = 0;
  // How many instructions a warp may run in one turn.
  virtual uint64_t quantum() = 0;
  // Whether an asynchronous operation completes as soon as it is issued.
  virtual bool completes_at_issue() = 0;
  // Whether a waiting asynchronous operation completes although warps can still run.
  virtual bool completes_between_turns() = 0;
  // Which of `count` asynchronous operations completes first; 0 is the oldest.
  virtual size_t choose(size_t count) = 0;
  // Whether the same choices come again only when one host thread runs all clusters.
  virtual bool needs_one_worker() const = 0;
};

enum class ScheduleKind { kEager, kLazy, kRandom };

struct ScheduleChoice {
  ScheduleKind kind = ScheduleKind::kEager;
  uint64_t seed = 0;  // of kRandom; the same seed makes the same choices
};

// "eager", "lazy", "random" or "random:SEED"; false when the text is none of these.
bool parse_schedule(const std::string& text, ScheduleChoice& choice);

// eager   asynchronous work completes at issue; warps run as long as they can, lowest first
// lazy    asynchronous work completes only when no warp can go on
// random  every choice is drawn from the seed
std::unique_ptr<Schedule> make_schedule(const ScheduleChoice& choice);

}  // namespace emulator
