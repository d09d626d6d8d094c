// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "gpu/gpu_memory.h"

#include <algorithm>

namespace mla::gpu {

using driver::CurrentContext;
using driver::Driver;
using driver::PrimaryContext;

Buffer::Buffer(const PrimaryContext& context, std::size_t bytes)
    : context_(context), bytes_(bytes) {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuMemAlloc_v2(&address_, std::max<std::size_t>(bytes, 1)), "allocating");
}

Buffer::~Buffer() {
  const CurrentContext current(context_);
  context_.driver()->cuMemFree_v2(address_);
}

void Buffer::write(const void* source, std::size_t bytes) {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuMemcpyHtoDAsync_v2(address_, source, bytes, nullptr), "uploading");
  driver.check(driver->cuStreamSynchronize(nullptr), "uploading");
}

void Buffer::read(void* destination, std::size_t bytes) const {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuMemcpyDtoHAsync_v2(destination, address_, bytes, nullptr), "downloading");
  driver.check(driver->cuStreamSynchronize(nullptr), "downloading");
}

void Buffer::fill(unsigned char value) {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuMemsetD8Async(address_, value, bytes_, nullptr), "filling");
  driver.check(driver->cuStreamSynchronize(nullptr), "filling");
}

Stream::Stream(const PrimaryContext& context) : context_(context) {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuStreamCreate(&handle_, driver::kStreamNonBlocking), "making a stream");
}

Stream::~Stream() {
  const CurrentContext current(context_);
  context_.driver()->cuStreamDestroy_v2(handle_);
}

void Stream::synchronize() const {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuStreamSynchronize(handle_), "waiting for a stream");
}

Graph::Graph(const PrimaryContext& context, const Stream& stream, const std::function<void()>& work)
    : context_(context) {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuStreamBeginCapture_v2(stream.handle(), driver::kCaptureModeGlobal),
               "starting a capture");
  work();
  driver.check(driver->cuStreamEndCapture(stream.handle(), &graph_), "ending a capture");
  driver.check(driver->cuGraphInstantiateWithFlags(&executable_, graph_, 0), "making a graph");
}

Graph::~Graph() {
  const CurrentContext current(context_);
  context_.driver()->cuGraphExecDestroy(executable_);
  context_.driver()->cuGraphDestroy(graph_);
}

void Graph::replay(const Stream& stream) const {
  const CurrentContext current(context_);
  const Driver& driver = context_.driver();
  driver.check(driver->cuGraphLaunch(executable_, stream.handle()), "replaying a graph");
}

double device_seconds(const PrimaryContext& context, const Stream& stream,
                      const std::function<void()>& work) {
  const CurrentContext current(context);
  const Driver& driver = context.driver();
  driver::CUevent start = nullptr;
  driver::CUevent end = nullptr;
  driver.check(driver->cuEventCreate(&start, 0), "making an event");
  driver.check(driver->cuEventCreate(&end, 0), "making an event");
  driver.check(driver->cuEventRecord(start, stream.handle()), "recording an event");
  work();
  driver.check(driver->cuEventRecord(end, stream.handle()), "recording an event");
  driver.check(driver->cuEventSynchronize(end), "waiting for an event");
  float milliseconds = 0;
  driver.check(driver->cuEventElapsedTime(&milliseconds, start, end), "reading a time");
  driver->cuEventDestroy_v2(start);
  driver->cuEventDestroy_v2(end);
  return milliseconds * 1e-3;
}

}  // namespace mla::gpu
