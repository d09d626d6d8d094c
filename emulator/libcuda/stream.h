// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "emulator/core/grid.h"
#include "emulator/libcuda/api.h"

namespace emulator::libcuda {

// When the work in front of an event's record is done, and when that was.
struct EventMark {
  struct Stream* stream = nullptr;  // where it was recorded
  bool is_done = false;
  std::chrono::steady_clock::time_point time{};
};

// Something a stream does: a launch, or anything else as a function.
struct Work {
  std::function<void()> run;
  std::optional<Launch> launch;     // then `run` is empty
  bool overlaps_previous = false;   // a launch with programmatic stream serialisation
  std::shared_ptr<EventMark> mark;  // to wait for before it runs
};

// Recorded work in the order in which it was submitted, which every dependency allows.
struct Graph {
  std::vector<Work> nodes;
  const struct Stream* last_stream = nullptr;  // that the last node comes from
};

struct Stream {
  std::deque<Work> queue;          // submitted, not begun
  bool is_blocking = true;         // keeps order with the default stream
  std::shared_ptr<Graph> capture;  // what is submitted goes there while it is set
  bool is_capture_origin = false;
};

struct Event {
  std::shared_ptr<EventMark> mark;
  std::shared_ptr<Graph> capture;  // the capture it was recorded in
};

// The stream of a handle; the null handle is the default stream. Null for an unknown handle.
Stream* find_stream(CUstream handle);
Stream& default_stream();

// Records the work when the stream is being captured; else runs it, now or when the stream is
// waited for: see State::defers_work.
CUresult submit(CUstream handle, Work work);
CUresult submit(CUstream handle, std::function<void()> run);

// Runs everything that was submitted to the stream, or to all streams.
void drain(Stream& stream);
void drain_all();
// Runs work until the event's record has been reached.
void drain_until(const EventMark& mark);

}  // namespace emulator::libcuda
