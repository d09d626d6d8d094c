// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "mla/error.h"

namespace mla {
namespace {

TEST(Runtime, UsesTheThreadsItIsTold) {
  const Runtime runtime(RuntimeOptions{.num_cpu_threads = 3});
  EXPECT_EQ(runtime.num_cpu_threads(), 3);
  EXPECT_EQ(runtime.device(Device{}).num_sms, 3);
  EXPECT_GE(Runtime().num_cpu_threads(), 1);
}

TEST(Runtime, RejectsNegativeThreads) {
  EXPECT_THROW(Runtime(RuntimeOptions{.num_cpu_threads = -1}), Error);
}

TEST(Runtime, ListsTheCpuFirst) {
  ASSERT_FALSE(Runtime().devices().empty());
  EXPECT_EQ(Runtime().devices().front(), Device{});
}

TEST(Runtime, SaysThatADeviceIsMissing) {
  const Runtime runtime;
  try {
    runtime.device(Device{DeviceType::kCuda, 4711});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kRuntime);
    EXPECT_NE(std::string(error.what()).find("cuda:4711"), std::string::npos) << error.what();
  }
}

TEST(Runtime, MeasuresTheCpuOnceForAllThreads) {
  const Runtime runtime(RuntimeOptions{.num_cpu_threads = 1});
  std::vector<const DeviceFacts*> seen(4);
  std::vector<std::thread> threads;
  for (const DeviceFacts*& facts : seen) {
    threads.emplace_back([&] { facts = &runtime.device(Device{}); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const DeviceFacts* facts : seen) {
    EXPECT_EQ(facts, seen.front());
    EXPECT_GT(facts->memory_bytes_per_second, 0);
  }
}

}  // namespace
}  // namespace mla
