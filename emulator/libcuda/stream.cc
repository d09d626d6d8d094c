// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcuda/stream.h"

#include "emulator/libcuda/state.h"

namespace emulator::libcuda {
namespace {

Stream& default_stream() {
  static Stream stream;
  return stream;
}

Event* event_of(CUevent handle) {
  return reinterpret_cast<Event*>(handle);
}

}  // namespace

// The per-thread default stream (2) and the legacy one (1) are the default stream here.
Stream* find_stream(CUstream handle) {
  const auto value = reinterpret_cast<uintptr_t>(handle);
  if (value <= 2) return &default_stream();
  auto* stream = reinterpret_cast<Stream*>(handle);
  return state().streams.contains(stream) ? stream : nullptr;
}

CUresult submit(CUstream handle, Work work) {
  Stream* stream = find_stream(handle);
  if (!stream) return kErrorInvalidHandle;
  if (stream->capture) {
    stream->capture->nodes.push_back(std::move(work));
  } else {
    work();
  }
  return kSuccess;
}

CUresult cuStreamCreate(CUstream* stream, unsigned) {
  return guarded([&] {
    if (!stream) return kErrorInvalidValue;
    auto created = std::make_unique<Stream>();
    Stream* pointer = created.get();
    state().streams[pointer] = std::move(created);
    *stream = reinterpret_cast<CUstream>(pointer);
    return kSuccess;
  });
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  return guarded([&] {
    return state().streams.erase(reinterpret_cast<Stream*>(stream)) ? kSuccess
                                                                    : kErrorInvalidHandle;
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  return guarded([&] {
    const Stream* stream = find_stream(handle);
    if (!stream) return kErrorInvalidHandle;
    return stream->capture ? kErrorStreamCaptureUnsupported : kSuccess;
  });
}

// A stream that waits for an event of a capture becomes part of that capture.
CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
  return guarded([&] {
    Stream* stream = find_stream(handle);
    if (!stream || !event) return kErrorInvalidHandle;
    if (event_of(event)->capture && !stream->capture) stream->capture = event_of(event)->capture;
    return kSuccess;
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
    const Stream* stream = find_stream(handle);
    if (!stream || !event) return kErrorInvalidHandle;
    event_of(event)->capture = stream->capture;
    event_of(event)->is_recorded = true;
    event_of(event)->time = std::chrono::steady_clock::now();
    return kSuccess;
  });
}

CUresult cuEventSynchronize(CUevent event) {
  return guarded([&] { return event ? kSuccess : kErrorInvalidHandle; });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  return guarded([&] {
    if (!milliseconds || !start || !end) return kErrorInvalidValue;
    if (!event_of(start)->is_recorded || !event_of(end)->is_recorded) return kErrorInvalidHandle;
    const std::chrono::duration<float, std::milli> time =
        event_of(end)->time - event_of(start)->time;
    *milliseconds = time.count();
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

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return guarded([&] {
    if (!executable) return kErrorInvalidValue;
    for (const Work& work : reinterpret_cast<Graph*>(executable)->nodes) {
      if (const CUresult result = submit(stream, work); result != kSuccess) return result;
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
