// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <numeric>

#include "tests/emulator/insn/copy_kernel.h"

// What is not among the cases recorded from an H200: the copies of sm_100, and the freedom that the
// schedules take.
namespace emulator {
namespace {

constexpr uint32_t kColumns = 64;
constexpr uint32_t kRows = 32;

// Thread t copies 16 bytes at 16 t from `from` behind the start of the buffer to the output, each
// CTA behind the one before it.
std::string dump(uint32_t from) {
  return "shl.b32 %r4, %thread, 4;\nadd.u32 %r5, %buffer, %r4;\nmad.lo.u32 %r4, %rank, 512, %r4;\n"
         "cvt.u64.u32 %rd4, %r4;\nadd.s64 %rd4, %rd4, %out;\n"
         "ld.shared.v4.u32 {%r6, %r7, %r8, %r4}, [%r5+" +
         std::to_string(from) + "];\nst.global.v4.u32 [%rd4], {%r6, %r7, %r8, %r4};\n";
}

class Copy : public testing::TestWithParam<const char*> {
 protected:
  // Runs the body; the input is the matrix 0, 1, 2, ..., the output begins as zeros.
  std::vector<uint16_t> run(const std::string& body, uint32_t cluster_size, uint16_t box_rows,
                            Swizzle swizzle, bool maps_output = false) {
    KernelRunner runner(copy_kernel(body));
    EXPECT_TRUE(parse_schedule(GetParam(), runner.options.schedule));
    runner.cluster = {cluster_size, 1, 1};
    std::vector<uint16_t> matrix(kColumns * kRows);
    std::iota(matrix.begin(), matrix.end(), 0);
    const uint64_t in = runner.upload(matrix);
    const uint64_t out = runner.upload(std::vector<uint16_t>(matrix.size(), 0));
    const MapParameter map(
        matrix_map(maps_output ? out : in, kColumns, kRows, 32, box_rows, swizzle));
    runner.launch("k", {cluster_size, 1, 1}, {32, 1, 1}, out, in, map);
    return runner.download<uint16_t>(out, matrix.size());
  }

  static uint16_t element(uint32_t row, uint32_t column) {
    return row < kRows ? static_cast<uint16_t>(row * kColumns + column) : 0;
  }
};

TEST_P(Copy, GathersFourRows) {
  const std::vector<uint16_t> out =
      run("@%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 256;\n"
          "@%p1 cp.async.bulk.tensor.2d.shared::cta.global.tile::gather4.mbarrier::complete_tx::"
          "bytes [%buffer+1024], [%map, {8, 5, 30, 40, 2}], [barrier];\n" +
              std::string(kWaitForBarrier) + "setp.lt.u32 %p3, %thread, 16;\n@!%p3 bra DONE;\n" +
              dump(1024) + "DONE:\n",
          1, 1, Swizzle::k64B);
  const uint32_t rows[] = {5, 30, 40, 2};
  for (uint32_t byte = 0; byte < 256; byte += 2) {
    const uint32_t row = byte / 64;
    const uint32_t chunk = byte / 16 % 4;
    const uint32_t place = row * 64 + (chunk ^ (row / 2)) * 16 + byte % 16;
    EXPECT_EQ(out[place / 2], element(rows[row], 8 + byte % 64 / 2)) << "byte " << byte;
  }
}

TEST_P(Copy, ScattersFourRows) {
  const std::vector<uint16_t> out =
      run("@%p1 cp.async.bulk.tensor.2d.global.shared::cta.tile::scatter4.bulk_group "
          "[%map, {16, 3, 9, 50, 1}], [%buffer];\n"
          "@%p1 cp.async.bulk.commit_group;\n@%p1 cp.async.bulk.wait_group 0;",
          1, 1, Swizzle::kNone, true);
  std::vector<uint16_t> expected(kColumns * kRows, 0);
  const uint32_t rows[] = {3, 9, 50, 1};
  for (uint32_t i = 0; i < 128; ++i) {
    const bool is_high_half = i % 2 == 1;
    if (rows[i / 32] >= kRows) continue;
    expected[rows[i / 32] * kColumns + 16 + i % 32] =
        is_high_half ? 0 : static_cast<uint16_t>(i / 8);
  }
  EXPECT_EQ(out, expected);
}

// Both CTAs of a pair count their bytes at the barrier of the even one.
TEST_P(Copy, SignalsTheEvenCtaOfThePair) {
  const std::vector<uint16_t> out = run(
      "setp.eq.and.u32 %p3, %rank, 0, %p1;\nand.b32 %r2, %barrier, 0xfeffffff;\n"
      "@%p3 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 1024;\n"
      "shl.b32 %r3, %rank, 3;\n"
      "@%p1 cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".cta_group::2 [%buffer+1024], [%map, {0, %r3}], [%r2];\n"
      "setp.ne.u32 %p3, %rank, 0;\n@%p3 bra READY;\n" +
          std::string(kWaitForBarrier) +
          "READY:\nbarrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\n" + dump(1024),
      2, 8, Swizzle::kNone);
  for (uint32_t i = 0; i < 512; ++i) EXPECT_EQ(out[i], element(i / 32, i % 32));
}

// A box for both CTAs of the pair from CTA 1; both signals go to the barrier of CTA 0.
TEST_P(Copy, MulticastsToThePairOfABarrier) {
  const std::vector<uint16_t> out = run(
      "setp.eq.and.u32 %p3, %rank, 0, %p1;\nsetp.eq.and.u32 %p4, %rank, 1, %p1;\n"
      "@%p3 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 1024;\nmov.u16 %h1, 3;\n"
      "and.b32 %r2, %barrier, 0xfeffffff;\n"
      "@%p4 cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".multicast::cluster.cta_group::2 [%buffer+1024], [%map, {16, 4}], [%r2], %h1;\n"
      "setp.ne.u32 %p3, %rank, 0;\n@%p3 bra READY;\n" +
          std::string(kWaitForBarrier) +
          "READY:\nbarrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\n" + dump(1024),
      2, 8, Swizzle::kNone);
  for (uint32_t i = 0; i < 512; ++i) {
    EXPECT_EQ(out[i], element(4 + i % 256 / 32, 16 + i % 32)) << i;
  }
}

TEST_P(Copy, WritesTheBytesOfAMask) {
  const std::vector<uint16_t> out =
      run("mov.u16 %h1, 0x0003;\n"
          "@%p1 cp.async.bulk.global.shared::cta.bulk_group.cp_mask [%out], [%buffer+16], 64, %h1;"
          "\n@%p1 cp.async.bulk.commit_group;\n@%p1 cp.async.bulk.wait_group 0;",
          1, 8, Swizzle::kNone);
  for (uint32_t i = 0; i < 32; ++i) EXPECT_EQ(out[i], i % 8 == 0 ? 1 + i / 8 : 0) << i;
}

INSTANTIATE_TEST_SUITE_P(Schedules, Copy, testing::Values("eager", "lazy", "random:1", "random:2"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, ':');
                           return name;
                         });

// The first word that the kernel reads back from the output after a copy of the buffer to it.
uint32_t word_read_back(const std::string& wait, const char* schedule) {
  KernelRunner runner(
      copy_kernel("@%p1 cp.async.bulk.global.shared::cta.bulk_group [%out], [%buffer+16], 64;\n"
                  "@%p1 cp.async.bulk.commit_group;\n@%p1 cp.async.bulk.wait_group" +
                  wait + " 0;\n@%p1 ld.global.u32 %r2, [%out];\n@%p1 st.global.u32 [%in], %r2;"));
  EXPECT_TRUE(parse_schedule(schedule, runner.options.schedule));
  const uint64_t out = runner.upload(std::vector<uint32_t>(64, 77));
  const uint64_t in = runner.upload(std::vector<uint32_t>(64, 0));
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, in, MapParameter());
  return runner.download<uint32_t>(in, 1)[0];
}

TEST(CopySchedule, AReadWaitDoesNotMeanThatTheWritesAreDone) {
  EXPECT_EQ(word_read_back(".read", "eager"), 1u);
  EXPECT_EQ(word_read_back(".read", "lazy"), 77u);
  EXPECT_EQ(word_read_back("", "eager"), 1u);
  EXPECT_EQ(word_read_back("", "lazy"), 1u);
}

// A load whose source changes while it is under way.
uint32_t word_loaded(const char* schedule) {
  KernelRunner runner(copy_kernel(
      "@%p1 mbarrier.arrive.expect_tx.shared.b64 %rd1, [barrier], 64;\n"
      "@%p1 cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%buffer+1024], [%in], "
      "64, [barrier];\n@%p1 st.global.u32 [%in], 9;\n" +
      std::string(kWaitForBarrier) +
      "@%p1 ld.shared.u32 %r2, [%buffer+1024];\n@%p1 st.global.u32 [%out], %r2;"));
  EXPECT_TRUE(parse_schedule(schedule, runner.options.schedule));
  const uint64_t out = runner.allocate(64);
  const uint64_t in = runner.upload(std::vector<uint32_t>(16, 5));
  runner.launch("k", {1, 1, 1}, {32, 1, 1}, out, in, MapParameter());
  return runner.download<uint32_t>(out, 1)[0];
}

TEST(CopySchedule, LateCopiesReadTheirSourcesLate) {
  EXPECT_EQ(word_loaded("eager"), 5u);
  EXPECT_EQ(word_loaded("lazy"), 9u);
}

}  // namespace
}  // namespace emulator
