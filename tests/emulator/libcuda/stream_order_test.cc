// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/emulator/libcuda/loaded_driver.h"

// When submitted work runs, with dependent launches that begin early.
namespace emulator {
namespace {

// first: out[i] = 7. copy: out[i] = in[i].
const char* const kModule = R"(.version 9.0
.target sm_90a
.address_size 64
.visible .entry first(.param .u64 p0, .param .u64 p1) {
  .reg .b64 %rd<2>;
  ld.param.u64 %rd1, [p0];
  st.global.u32 [%rd1], 7;
  ret;
}
.visible .entry copy(.param .u64 p0, .param .u64 p1) {
  .reg .b64 %rd<3>;
  .reg .b32 %r<2>;
  ld.param.u64 %rd1, [p0];
  ld.param.u64 %rd2, [p1];
  griddepcontrol.wait;
  ld.global.u32 %r1, [%rd2];
  st.global.u32 [%rd1], %r1;
  ret;
}
.visible .entry copy_without_wait(.param .u64 p0, .param .u64 p1) {
  .reg .b64 %rd<3>;
  .reg .b32 %r<2>;
  ld.param.u64 %rd1, [p0];
  ld.param.u64 %rd2, [p1];
  ld.global.u32 %r1, [%rd2];
  st.global.u32 [%rd1], %r1;
  ret;
}
)";

class StreamOrder : public testing::Test {
 protected:
  // The driver reads its environment once, when it is first used.
  static void SetUpTestSuite() { setenv("TOKENSPEED_MLA_EMULATOR_PDL", "early", 1); }

  void SetUp() override {
    ASSERT_EQ(cuda_.cuInit(0), kSuccess);
    ASSERT_EQ(cuda_.cuLibraryLoadData(&library_, kModule, nullptr, nullptr, 0, nullptr, nullptr, 0),
              kSuccess);
    ASSERT_EQ(cuda_.cuStreamCreate(&stream_, kStreamNonBlocking), kSuccess);
    for (CUdeviceptr& word : words_) {
      ASSERT_EQ(cuda_.cuMemAlloc_v2(&word, 4), kSuccess);
      ASSERT_EQ(cuda_.cuMemsetD32Async(word, 1, 1, stream_), kSuccess);
    }
  }

  void launch(const char* name, int out, int in, bool is_programmatic, CUstream stream) {
    CUkernel kernel = nullptr;
    CUfunction function = nullptr;
    ASSERT_EQ(cuda_.cuLibraryGetKernel(&kernel, library_, name), kSuccess);
    ASSERT_EQ(cuda_.cuKernelGetFunction(&function, kernel), kSuccess);
    CUlaunchAttribute attribute{};
    attribute.id = kLaunchProgrammaticStreamSerialization;
    attribute.value.programmatic_stream_serialization = is_programmatic;
    const CUlaunchConfig config{1, 1, 1, 1, 1, 1, 0, stream, &attribute, 1};
    void* parameters[] = {&words_[out], &words_[in]};
    ASSERT_EQ(cuda_.cuLaunchKernelEx(&config, function, parameters, nullptr), kSuccess);
  }
  unsigned value(int word, CUstream stream) {
    unsigned result = 0;
    EXPECT_EQ(cuda_.cuMemcpyDtoHAsync_v2(&result, words_[word], 4, stream), kSuccess);
    return result;
  }
  CUgraphExec capture(const char* second) {
    CUgraph graph = nullptr;
    CUgraphExec executable = nullptr;
    EXPECT_EQ(cuda_.cuStreamBeginCapture_v2(stream_, kCaptureModeThreadLocal), kSuccess);
    launch("first", 0, 1, false, stream_);
    launch(second, 1, 0, true, stream_);
    EXPECT_EQ(cuda_.cuStreamEndCapture(stream_, &graph), kSuccess);
    EXPECT_EQ(cuda_.cuGraphInstantiateWithFlags(&executable, graph, 0), kSuccess);
    return executable;
  }

  LoadedDriver cuda_;
  CUlibrary library_ = nullptr;
  CUstream stream_ = nullptr;
  CUdeviceptr words_[3] = {};
};

TEST_F(StreamOrder, WorkRunsWhenTheHostWaitsForIt) {
  launch("first", 0, 1, false, stream_);
  launch("copy", 1, 0, true, stream_);
  EXPECT_EQ(*reinterpret_cast<unsigned*>(words_[0]), 0xcdcdcdcdu);  // not even the memset
  EXPECT_EQ(cuda_.cuStreamSynchronize(stream_), kSuccess);
  EXPECT_EQ(*reinterpret_cast<unsigned*>(words_[1]), 7u);
}

TEST_F(StreamOrder, AnOrdinaryLaunchNeedsNoWait) {
  launch("first", 0, 1, false, stream_);
  launch("copy_without_wait", 1, 0, false, stream_);
  EXPECT_EQ(value(1, stream_), 7u);
}

TEST_F(StreamOrder, AnEventOrdersTwoStreams) {
  CUstream other = nullptr;
  CUevent event = nullptr;
  ASSERT_EQ(cuda_.cuStreamCreate(&other, kStreamNonBlocking), kSuccess);
  ASSERT_EQ(cuda_.cuEventCreate(&event, 0), kSuccess);
  launch("first", 0, 1, false, stream_);
  ASSERT_EQ(cuda_.cuEventRecord(event, stream_), kSuccess);
  ASSERT_EQ(cuda_.cuStreamWaitEvent(other, event, 0), kSuccess);
  launch("copy_without_wait", 1, 0, true, other);
  EXPECT_EQ(value(1, other), 7u);
}

TEST_F(StreamOrder, TheSourceOfAnUploadMayChangeAfterTheCall) {
  unsigned source = 3;
  ASSERT_EQ(cuda_.cuMemcpyHtoDAsync_v2(words_[2], &source, 4, stream_), kSuccess);
  source = 4;
  EXPECT_EQ(value(2, stream_), 3u);
}

TEST_F(StreamOrder, AGraphKeepsProgrammaticEdges) {
  const CUgraphExec executable = capture("copy");
  for (int replay = 0; replay < 2; ++replay) {
    ASSERT_EQ(cuda_.cuGraphLaunch(executable, stream_), kSuccess);
    EXPECT_EQ(value(1, stream_), 7u);
  }
}

// The failures leave the context unusable, so that these come last.
TEST_F(StreamOrder, AMissingWaitFailsInAGraphToo) {
  ASSERT_EQ(cuda_.cuGraphLaunch(capture("copy_without_wait"), stream_), kSuccess);
  EXPECT_EQ(cuda_.cuStreamSynchronize(stream_), kErrorLaunchFailed);
}

}  // namespace
}  // namespace emulator
