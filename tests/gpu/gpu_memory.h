// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>

#include "driver/context.h"

// Device memory, streams, events and graphs for tests and benches, each an object that cleans up
// after itself. The library itself needs none of them.
namespace mla::gpu {

class Buffer {
 public:
  Buffer(const driver::PrimaryContext& context, std::size_t bytes);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return reinterpret_cast<void*>(address_); }
  std::size_t bytes() const { return bytes_; }

  // These wait until they are done.
  void write(const void* source, std::size_t bytes);
  void read(void* destination, std::size_t bytes) const;
  void fill(unsigned char value);

 private:
  const driver::PrimaryContext& context_;
  std::size_t bytes_;
  driver::CUdeviceptr address_ = 0;
};

class Stream {
 public:
  explicit Stream(const driver::PrimaryContext& context);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  driver::CUstream handle() const { return handle_; }
  void synchronize() const;

 private:
  const driver::PrimaryContext& context_;
  driver::CUstream handle_ = nullptr;
};

// What `work` puts into a stream, recorded once to be replayed.
class Graph {
 public:
  Graph(const driver::PrimaryContext& context, const Stream& stream,
        const std::function<void()>& work);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void replay(const Stream& stream) const;

 private:
  const driver::PrimaryContext& context_;
  driver::CUgraph graph_ = nullptr;
  driver::CUgraphExec executable_ = nullptr;
};

// Seconds between the start and the end of `work` on the device.
double device_seconds(const driver::PrimaryContext& context, const Stream& stream,
                      const std::function<void()>& work);

}  // namespace mla::gpu
