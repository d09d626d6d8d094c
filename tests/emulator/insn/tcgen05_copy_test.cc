// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <functional>

#include "tests/emulator/insn/tensor_kernel.h"

// tcgen05.cp of rows without swizzle: 8 rows of 16 bytes lie together, 128 bytes to the next 8
// rows, 4096 bytes to the next 16 bytes of the same rows.
namespace emulator {
namespace {

constexpr uint32_t kLeadingBytes = 4096;
constexpr uint32_t kSentinel = 0xffffffff;

struct CopyCase {
  const char* shape;
  uint32_t row_bytes;
  // Which row a lane receives, or -1.
  std::function<int(int lane)> row;
};

const CopyCase kCases[] = {
    {"128x256b", 32, [](int lane) { return lane; }},
    {"128x128b", 16, [](int lane) { return lane; }},
    {"4x256b", 32, [](int lane) { return lane % 32 == 0 ? lane / 32 : -1; }},
    {"64x128b.warpx2::02_13", 16, [](int lane) { return lane % 64; }},
    {"64x128b.warpx2::01_23", 16, [](int lane) { return lane / 64 * 32 + lane % 32; }},
    {"32x128b.warpx4", 16, [](int lane) { return lane % 32; }},
};

std::string copy_kernel(const CopyCase& c, bool is_pair) {
  const std::string group = is_pair ? ".cta_group::2" : ".cta_group::1";
  const std::string together =
      is_pair ? "barrier.cluster.arrive;\nbarrier.cluster.wait;\n" : "bar.sync 0;\n";
  const std::string body =
      // Byte address in the buffer, plus the rank, as the value of each word.
      ".reg .b16 %h;\nmov.u32 %r1, buffer;\nshl.b32 %r2, %thread, 2;\nfill:\nadd.u32 %r3, %r1, "
      "%r2;\nshl.b32 %r4, %rank, 20;\nadd.u32 %r4, %r4, %r2;\nst.shared.b32 [%r3], %r4;\n"
      "add.u32 %r2, %r2, 512;\nsetp.lt.u32 %p1, %r2, 8192;\n@%p1 bra fill;\n"
      "mov.b32 %r5, -1;\ntcgen05.st.sync.aligned.32x32b.x8.b32 [%lanes], "
      "{%r5, %r5, %r5, %r5, %r5, %r5, %r5, %r5};\ntcgen05.wait::st.sync.aligned;\n"
      "mov.u32 %r14, barriers;\n@%is_leader mbarrier.init.shared::cta.b64 [%r14], 1;\n"
      "fence.proxy.async;\n" +
      together +
      "setp.ne.u32 %p2, %thread, 0;\nsetp.ne.u32 %p3, %rank, 0;\nor.pred %p2, %p2, %p3;\n"
      "@%p2 bra issued;\nand.b32 %r6, %r1, 0x3ffff;\nshr.u32 %r6, %r6, 4;\ncvt.u64.u32 %rd1, "
      "%r6;\nor.b64 %rd1, %rd1, " +
      std::to_string(uint64_t{1} << 46 | uint64_t{128 >> 4} << 32 |
                     uint64_t{kLeadingBytes >> 4} << 16) +
      ";\ntcgen05.cp" + group + "." + c.shape + " [%tmem], %rd1;\nmov.b16 %h, 3;\ntcgen05.commit" +
      group + ".mbarrier::arrive::one.shared::cluster" +
      (is_pair ? ".multicast::cluster.b64 [%r14], %h;\n" : ".b64 [%r14];\n") +
      "issued:\nbar.warp.sync -1;\nwait:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 %p4, [%r14], 0;\n@!%p4 bra wait;\n"
      "tcgen05.fence::after_thread_sync;\ntcgen05.ld.sync.aligned.32x32b.x8.b32 " +
      vector_of("%v", 8) +
      ", [%lanes];\ntcgen05.wait::ld.sync.aligned;\nmul.wide.u32 %rd2, %rank, 4096;\n"
      "add.s64 %out, %out, %rd2;\n" +
      store_vector("%v", 8);
  return is_pair ? pair_kernel(32, body) : tensor_kernel(32, body);
}

void expect_copy(const CopyCase& c, uint32_t num_ctas, ScheduleKind schedule) {
  KernelRunner runner(copy_kernel(c, num_ctas == 2));
  runner.target = "sm_100";
  runner.options.schedule = {schedule, 1};
  runner.cluster = {num_ctas, 1, 1};
  runner.dynamic_shared_bytes = 8192;
  const uint64_t out = runner.allocate(uint64_t{num_ctas} * 4096);
  runner.launch("k", {num_ctas, 1, 1}, {128, 1, 1}, out, out);
  const auto words = runner.download<uint32_t>(out, size_t{num_ctas} * 1024);
  for (uint32_t cta = 0; cta < num_ctas; ++cta) {
    for (uint32_t lane = 0; lane < 128; ++lane) {
      const int row = c.row(static_cast<int>(lane));
      for (uint32_t column = 0; column < 8; ++column) {
        const bool is_copied = row >= 0 && 4 * column < c.row_bytes;
        const auto r = static_cast<uint32_t>(row);
        const uint32_t address =
            r % 8 * 16 + r / 8 * 128 + column / 4 * kLeadingBytes + column % 4 * 4;
        EXPECT_EQ(words[cta * 1024 + lane * 8 + column],
                  is_copied ? cta << 20 | address : kSentinel)
            << c.shape << " CTA " << cta << " lane " << lane << " column " << column;
      }
    }
  }
}

TEST(Tcgen05Copy, RowsGoToTheirLanes) {
  for (const CopyCase& c : kCases) {
    for (const auto schedule : {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
      expect_copy(c, 1, schedule);
    }
  }
}

TEST(Tcgen05Copy, EachCtaOfAPairReadsItsOwnMemory) {
  for (const CopyCase& c : kCases) {
    for (const auto schedule : {ScheduleKind::kEager, ScheduleKind::kLazy, ScheduleKind::kRandom}) {
      expect_copy(c, 2, schedule);
    }
  }
}

}  // namespace
}  // namespace emulator
