// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "ops/calls.h"
#include "ops/check_args.h"
#include "ops/missing_kernel.h"

// Calls with tensors of a GPU, where there is no such GPU.
namespace mla::testing {
namespace {

constexpr Device kAbsent{DeviceType::kCuda, 4711};

void move_to_gpu(DecodeArgs& args) {
  for (TensorView* view : {&args.query, &args.kv_cache, &args.block_tables, &args.seq_lens,
                           &args.workspace_buffer, &args.out, &*args.lse})
    view->device = kAbsent;
}

void move_to_gpu(PrefillArgs& args) {
  for (TensorView* view : {&args.query, &args.key, &args.value, &args.cum_seq_lens_q,
                           &args.cum_seq_lens_kv, &args.out, &*args.lse})
    view->device = kAbsent;
}

void move_to_gpu(KvPackArgs& args) {
  for (TensorView* view : {&args.k_nope, &args.k_pe, &args.v, &args.k_out, &args.v_out})
    view->device = kAbsent;
}

void move_to_gpu(MergeArgs& args) {
  for (MergePartial& partial : args.partials) partial.out.device = partial.lse.device = kAbsent;
  args.out.device = args.lse->device = kAbsent;
}

template <typename Call>
class CallOnAbsentGpu : public ::testing::Test {};

using Calls = ::testing::Types<DecodeCall, PrefillCall, KvPackCall, MergeCall>;
TYPED_TEST_SUITE(CallOnAbsentGpu, Calls);

TYPED_TEST(CallOnAbsentGpu, FailsWithUntouchedResults) {
  TypeParam call;
  move_to_gpu(call.args);
  EXPECT_NO_THROW(check(call.args));
  EXPECT_THROW(call.run(), Error);
  EXPECT_TRUE(call.store.results_are_untouched());
}

TEST(CallOnGpu, NeverReadsContents) {
  DecodeCall call;
  int32_at(call.args.seq_lens, 0) = -1;
  EXPECT_THROW(check(call.args), Error);
  move_to_gpu(call.args);
  EXPECT_NO_THROW(check(call.args));
}

TEST(MissingKernel, NamesOperationAndArchitecture) {
  const Error error = missing_kernel("decode", {false, "decode: no kernel for it on sm_90"});
  EXPECT_STREQ(error.what(), "decode: no kernel for it on sm_90");
  EXPECT_EQ(error.kind(), ErrorKind::kNotImplemented);
}

}  // namespace
}  // namespace mla::testing
