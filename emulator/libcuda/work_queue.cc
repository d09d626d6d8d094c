// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
// When and in which order submitted work runs.
#include <algorithm>

#include "emulator/core/grid_row.h"
#include "emulator/libcuda/state.h"
#include "emulator/libcuda/stream.h"

namespace emulator::libcuda {
namespace {

bool is_ready(const Stream& stream) {
  return !stream.queue.empty() &&
         (!stream.queue.front().mark || stream.queue.front().mark->is_done);
}

// Takes launches that may overlap off the front of the queue.
std::vector<Launch> take_row(std::deque<Work>& queue) {
  std::vector<Launch> row;
  do {
    row.push_back(std::move(*queue.front().launch));
    queue.pop_front();
  } while (!queue.empty() && queue.front().launch && queue.front().overlaps_previous &&
           state().chooses_early());
  return row;
}

void run_front(Stream& stream) {
  if (stream.queue.front().launch) {
    return GridRow(take_row(stream.queue), *state().device, state().memory, state().options).run();
  }
  const Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  work.run();
}

// Runs one piece of work that `target` needs; under a random schedule other streams may come first.
void run_one(Stream& target) {
  if (state().random) {
    std::vector<Stream*> ready;
    if (is_ready(default_stream())) ready.push_back(&default_stream());
    for (const auto& [stream, owner] : state().streams) {
      if (is_ready(*stream)) ready.push_back(stream);
    }
    return run_front(*ready[(*state().random)() % ready.size()]);
  }
  Stream* stream = &target;
  while (!is_ready(*stream)) stream = stream->queue.front().mark->stream;
  run_front(*stream);
}

// The default stream and the blocking ones wait for each other.
void drain_for_order(const Stream& stream) {
  if (!stream.is_blocking) return;
  if (&stream != &default_stream()) return drain(default_stream());
  for (const auto& [other, owner] : state().streams) {
    if (other->is_blocking) drain(*other);
  }
}

// Only what the same stream launched just before may overlap.
void record(Graph& graph, const Stream& stream, Work work) {
  work.overlaps_previous &= graph.last_stream == &stream;
  graph.last_stream = &stream;
  graph.nodes.push_back(std::move(work));
}

}  // namespace

CUresult submit(CUstream handle, Work work) {
  Stream* stream = find_stream(handle);
  if (!stream) return kErrorInvalidHandle;
  if (stream->capture) {
    record(*stream->capture, *stream, std::move(work));
    return kSuccess;
  }
  drain_for_order(*stream);
  stream->queue.push_back(std::move(work));
  if (!state().defers_work) drain(*stream);
  return kSuccess;
}

CUresult submit(CUstream handle, std::function<void()> run) {
  Work work;
  work.run = std::move(run);
  return submit(handle, std::move(work));
}

void drain(Stream& stream) {
  while (!stream.queue.empty()) run_one(stream);
}

void drain_all() {
  drain(default_stream());
  for (const auto& [stream, owner] : state().streams) drain(*stream);
}

void drain_until(const EventMark& mark) {
  while (!mark.is_done) run_one(*mark.stream);
}

}  // namespace emulator::libcuda
