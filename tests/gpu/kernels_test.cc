// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <thread>

#include "gpu/gpu_calls.h"
#include "support/compare.h"

// The shared case tables on a GPU, and what a launch promises besides numbers.
namespace mla::test {
namespace {

class KvPackOnGpu : public GpuTest, public ::testing::WithParamInterface<Case> {};
class MergeOnGpu : public GpuTest, public ::testing::WithParamInterface<Case> {};

INSTANTIATE_TEST_SUITE_P(Quick, KvPackOnGpu, ::testing::ValuesIn(load_cases("kv_pack", "quick")),
                         [](const auto& param) { return test_name(param.param, param.index); });
INSTANTIATE_TEST_SUITE_P(Quick, MergeOnGpu, ::testing::ValuesIn(load_cases("merge", "quick")),
                         [](const auto& param) { return test_name(param.param, param.index); });

TEST_P(KvPackOnGpu, IsBitExact) {
  KvPackCall call(GetParam(), gpu());
  const KvPackOutputs expected = reference_kv_pack(call.inputs(), GetParam());
  const gpu::Stream stream(gpu().context());
  for (const bool enable_pdl : {false, true}) {
    call.poison_results();
    call.run(stream, enable_pdl);
    stream.synchronize();
    const KvPackOutputs& got = call.download();
    EXPECT_TRUE(same_bits(got.k, expected.k)) << "k, PDL " << enable_pdl;
    EXPECT_TRUE(same_bits(got.v, expected.v)) << "v, PDL " << enable_pdl;
  }
}

TEST_P(MergeOnGpu, AgreesWithDouble) {
  const Case& c = GetParam();
  MergeCall call(c, gpu());
  const ExpectedAttention expected =
      expect_merge(call.inputs(), c.dtype("out_dtype"), c.lse_base());
  const gpu::Stream stream(gpu().context());
  call.run(stream);
  stream.synchronize();
  const MergeCall::Results first = call.download();
  EXPECT_TRUE(agrees(first.out, expected.out)) << "out";
  EXPECT_TRUE(agrees(first.lse, expected.lse)) << "lse";

  const HostTensor out = first.out;
  call.run(stream, true);
  stream.synchronize();
  EXPECT_TRUE(same_bits(call.download().out, out)) << "PDL changes bits";
}

class KernelCallTest : public GpuTest {
 protected:
  static Case pack_case(std::size_t index) { return load_cases("kv_pack", "quick").at(index); }
};

TEST_F(KernelCallTest, GraphReplaysWithChangedContents) {
  const Case c = pack_case(0);
  KvPackCall call(c, gpu());
  const gpu::Stream stream(gpu().context());
  // The first call may load the kernel; the capture then finds it loaded.
  call.run(stream);
  const gpu::Graph graph(gpu().context(), stream, [&] { call.run(stream); });

  Case other = c;
  other.seed = c.seed + 1000;
  const KvPackInputs inputs = make_kv_pack_inputs(other);
  call.replace_inputs(inputs);
  call.poison_results();
  graph.replay(stream);
  stream.synchronize();
  const KvPackOutputs expected = reference_kv_pack(inputs, c);
  EXPECT_TRUE(same_bits(call.download().k, expected.k));
  EXPECT_TRUE(same_bits(call.download().v, expected.v));
}

TEST_F(KernelCallTest, FirstCallMayHappenInsideACapture) {
  Case c = pack_case(0);
  c.fields["nope_dim"] = 48;  // a config that no other test loads
  KvPackCall call(c, gpu());
  const gpu::Stream stream(gpu().context());
  const gpu::Graph graph(gpu().context(), stream, [&] { call.run(stream); });
  graph.replay(stream);
  stream.synchronize();
  EXPECT_TRUE(same_bits(call.download().k, reference_kv_pack(call.inputs(), c).k));
}

TEST_F(KernelCallTest, TwoThreadsOnTwoStreamsAgree) {
  const Case c = pack_case(0);
  const KvPackOutputs expected = reference_kv_pack(make_kv_pack_inputs(c), c);
  KvPackCall first(c, gpu());
  KvPackCall second(c, gpu());
  const gpu::Stream one(gpu().context());
  const gpu::Stream two(gpu().context());
  const auto work = [](KvPackCall& call, const gpu::Stream& stream) {
    for (int i = 0; i < 200; ++i) call.run(stream, i % 2 == 0);
    stream.synchronize();
  };
  std::thread thread([&] { work(first, one); });
  work(second, two);
  thread.join();
  for (KvPackCall* call : {&first, &second}) {
    EXPECT_TRUE(same_bits(call->download().k, expected.k));
    EXPECT_TRUE(same_bits(call->download().v, expected.v));
  }
}

// A chain under PDL: the second call packs what the first one's stream order left behind.
TEST_F(KernelCallTest, DependentLaunchWaitsForItsProducer) {
  const Case c = pack_case(0);
  KvPackCall call(c, gpu());
  const gpu::Stream stream(gpu().context());
  const KvPackOutputs expected = reference_kv_pack(call.inputs(), c);
  for (int i = 0; i < 100; ++i) call.run(stream, true);
  stream.synchronize();
  EXPECT_TRUE(same_bits(call.download().k, expected.k));
}

}  // namespace
}  // namespace mla::test
