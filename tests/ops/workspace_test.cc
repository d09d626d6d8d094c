// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "mla/runtime.h"
#include "ops/calls.h"
#include "ops/check_args.h"

namespace mla::testing {
namespace {

TEST(DecodeWorkspace, SaysWhatIsNeededAndWhatIsGiven) {
  const TensorView workspace = contiguous_view(nullptr, DType::kInt8, {999});
  EXPECT_NO_THROW(expect_workspace(workspace, 999));
  try {
    expect_workspace(workspace, 1000);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "decode: workspace_buffer must hold 1000 bytes, got 999");
    EXPECT_EQ(error.kind(), ErrorKind::kValue);
  }
}

// One request of 8192 keys is worth cutting between two threads.
struct LongCall : DecodeCall {
  LongCall() {
    args.query.shape[0] = args.block_tables.shape[0] = args.seq_lens.shape[0] = 1;
    args.out.shape[0] = args.lse->shape[0] = 1;
    args.block_tables = store.zeros(DType::kInt32, {1, 256});
    args.seq_lens = store.int32({8192});
    args.max_seq_len = 8192;
  }
};

TEST(DecodeWorkspace, OfTheSizeAskedForIsEnough) {
  LongCall call;
  Runtime runtime(RuntimeOptions{.num_cpu_threads = 2});
  const std::int64_t needed = decode_workspace_size(check(call.args), runtime.device(Device{}));
  ASSERT_GT(needed, 0);
  EXPECT_LE(needed, 2 * 4 * 2 * 513 * 4);  // num_sms * num_heads * q_len * 513 * 4
  call.args.workspace_buffer.shape[0] = needed - 1;
  EXPECT_THROW(decode(call.args, runtime), Error);
  EXPECT_TRUE(call.store.results_are_untouched());
  call.args.workspace_buffer.shape[0] = needed;
  EXPECT_NO_THROW(decode(call.args, runtime));
  EXPECT_FALSE(call.store.results_are_untouched());
}

}  // namespace
}  // namespace mla::testing
