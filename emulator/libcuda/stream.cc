// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcuda/stream.h"

#include "emulator/libcuda/state.h"

namespace emulator::libcuda {
namespace {

Event* event_of(CUevent handle) {
  return reinterpret_cast<Event*>(handle);
}

}  // namespace

Stream& default_stream() {
  static Stream stream;
  return stream;
}

// The per-thread default stream (2) and the legacy one (1) are the default stream here.
Stream* find_stream(CUstream handle) {
  const auto value = reinterpret_cast<uintptr_t>(handle);
  if (value <= 2) return &default_stream();
  auto* stream = reinterpret_cast<Stream*>(handle);
  return state().streams.contains(stream) ? stream : nullptr;
}

CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  return guarded([&] {
    if (!stream) return kErrorInvalidValue;
    auto created = std::make_unique<Stream>();
    created->is_blocking = (flags & kStreamNonBlocking) == 0;
    Stream* pointer = created.get();
    state().streams[pointer] = std::move(created);
    *stream = reinterpret_cast<CUstream>(pointer);
    return kSuccess;
  });
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  return guarded([&] {
    if (Stream* found = find_stream(stream)) drain(*found);
    return state().streams.erase(reinterpret_cast<Stream*>(stream)) ? kSuccess
                                                                    : kErrorInvalidHandle;
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream) return kErrorInvalidHandle;
    if (stream->capture) return kErrorStreamCaptureUnsupported;
    drain(*stream);
    return kSuccess;
  });
}

// A stream that waits for an event of a capture becomes part of that capture.
CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream || !event) return kErrorInvalidHandle;
    if (event_of(event)->capture && !stream->capture) stream->capture = event_of(event)->capture;
    if (stream->capture || !event_of(event)->mark) return kSuccess;
    Work work;
    work.run = [] {};
    work.mark = event_of(event)->mark;
    return submit(handle, std::move(work));
  });
}

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream) return kErrorInvalidHandle;
    if (stream->capture) return kErrorInvalidValue;
    stream->capture = std::make_shared<Graph>();
    stream->is_capture_origin = true;
    return kSuccess;
  });
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream || !graph) return kErrorInvalidHandle;
    if (!stream->is_capture_origin) return kErrorInvalidValue;
    const std::shared_ptr<Graph> captured = stream->capture;
    *graph = reinterpret_cast<CUgraph>(new Graph(*captured));
    stream->is_capture_origin = false;
    stream->capture.reset();
    for (const auto& [other, owner] : state().streams) {
      if (other->capture == captured) other->capture.reset();
    }
    return kSuccess;
  });
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  thread_local CUstreamCaptureMode current = kCaptureModeGlobal;
  if (!mode) return kErrorInvalidValue;
  std::swap(current, *mode);
  return kSuccess;
}

CUresult cuEventCreate(CUevent* event, unsigned) {
  return guarded([&] {
    if (!event) return kErrorInvalidValue;
    *event = reinterpret_cast<CUevent>(new Event);
    return kSuccess;
  });
}

CUresult cuEventDestroy_v2(CUevent event) {
  return guarded([&] {
    delete event_of(event);
    return kSuccess;
  });
}

CUresult cuEventRecord(CUevent event, CUstream handle) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream || !event) return kErrorInvalidHandle;
    event_of(event)->capture = stream->capture;
    if (stream->capture) return kSuccess;
    auto mark = std::make_shared<EventMark>();
    mark->stream = stream;
    event_of(event)->mark = mark;
    return submit(handle, [mark] {
      mark->is_done = true;
      mark->time = std::chrono::steady_clock::now();
    });
  });
}

CUresult cuEventSynchronize(CUevent event) {
  return guarded([&] {
    if (!event) return kErrorInvalidHandle;
    if (event_of(event)->mark) drain_until(*event_of(event)->mark);
    return kSuccess;
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return guarded([&] {
    if (!milliseconds || !start || !end) return kErrorInvalidValue;
    const std::shared_ptr<EventMark> first = event_of(start)->mark;
    const std::shared_ptr<EventMark> last = event_of(end)->mark;
    if (!first || !last) return kErrorInvalidHandle;
    if (!first->is_done || !last->is_done) return kErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(last->time - first->time).count();
    return kSuccess;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  return guarded([&] {
    if (!executable || !graph) return kErrorInvalidValue;
    *executable = reinterpret_cast<CUgraphExec>(new Graph(*reinterpret_cast<Graph*>(graph)));
    return kSuccess;
  });
}

// Kernels of a graph overlap with each other at most, not with what comes before or after it.
CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return guarded([&] {
    if (!executable) return kErrorInvalidValue;
    std::vector<Work> nodes = reinterpret_cast<Graph*>(executable)->nodes;
    nodes.push_back({[] {}, {}, false, nullptr});
    for (Work& work : nodes) {
      if (const CUresult result = submit(stream, std::move(work)); result != kSuccess) {
        return result;
      }
    }
    return kSuccess;
  });
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return guarded([&] {
    delete reinterpret_cast<Graph*>(executable);
    return kSuccess;
  });
}

CUresult cuGraphDestroy(CUgraph graph) {
  return guarded([&] {
    delete reinterpret_cast<Graph*>(graph);
    return kSuccess;
  });
}

}  // namespace emulator::libcuda
