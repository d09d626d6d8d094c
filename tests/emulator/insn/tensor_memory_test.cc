// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "emulator/units/tensor_memory_shape.h"
#include "tests/emulator/insn/tensor_kernel.h"

namespace emulator {
namespace {

constexpr uint32_t kNumThreads = 128;

// Writes lane << 16 | column to the first `columns` columns of tensor memory, each warp its lanes.
std::string fill_tensor_memory(uint32_t columns) {
  std::string text;
  for (uint32_t c = 0; c < columns; ++c) {
    text += "shl.b32 %r1, %thread, 16;\nadd.u32 %r1, %r1, " + std::to_string(c) +
            ";\nadd.u32 %r2, %lanes, " + std::to_string(c) +
            ";\ntcgen05.st.sync.aligned.32x32b.x1.b32 [%r2], {%r1};\n";
  }
  return text + "tcgen05.wait::st.sync.aligned;\n";
}

struct ShapeCase {
  const char* shape;
  const char* repeat;
  bool is_packed;
};

class TensorMemoryShapes : public testing::TestWithParam<ShapeCase> {};

std::string loads(const ShapeCase& c, const TensorMemoryShape& shape, uint32_t split) {
  const bool is_split = shape.kind() == TensorMemoryShape::Kind::k16x32bx2;
  return "tcgen05.ld.sync.aligned." + std::string(c.shape) + "." + c.repeat +
         (c.is_packed ? ".pack::16b" : "") + ".b32 " + vector_of("%v", shape.num_registers()) +
         ", [%lanes]" + (is_split ? ", " + std::to_string(split) : "") +
         ";\ntcgen05.wait::ld.sync.aligned;\n" + store_vector("%v", shape.num_registers());
}

TEST_P(TensorMemoryShapes, ALoadFindsWhatStoresPutThere) {
  const ShapeCase& c = GetParam();
  const auto shape = TensorMemoryShape::find(c.shape, c.repeat, c.is_packed);
  constexpr uint32_t kSplit = 20;
  KernelRunner runner(tensor_kernel(64, fill_tensor_memory(64) + loads(c, *shape, kSplit)));
  runner.target = "sm_100";
  const uint32_t num = shape->num_registers();
  const uint64_t out = runner.allocate(uint64_t{num} * kNumThreads * 4);
  runner.launch("k", {1, 1, 1}, {kNumThreads, 1, 1}, out, out);
  const auto values = runner.download<uint32_t>(out, size_t{num} * kNumThreads);
  for (uint32_t thread = 0; thread < kNumThreads; ++thread) {
    for (uint32_t r = 0; r < num; ++r) {
      const TensorMemoryAddress place = shape->place(thread % 32, r, kSplit);
      const uint32_t lane = place.lane + thread / 32 * 32;
      const uint32_t expected = c.is_packed ? place.column | (place.column + 1) << 16
                                            : TensorMemoryAddress{lane, place.column}.bits();
      EXPECT_EQ(values[thread * num + r], expected) << "thread " << thread << " register " << r;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, TensorMemoryShapes,
    testing::Values(ShapeCase{"32x32b", "x1", false}, ShapeCase{"32x32b", "x32", false},
                    ShapeCase{"32x32b", "x16", true}, ShapeCase{"16x64b", "x8", false},
                    ShapeCase{"16x64b", "x4", true}, ShapeCase{"16x128b", "x8", false},
                    ShapeCase{"16x128b", "x2", true}, ShapeCase{"16x256b", "x4", false},
                    ShapeCase{"16x256b", "x1", true}, ShapeCase{"16x32bx2", "x16", false},
                    ShapeCase{"16x32bx2", "x8", true}),
    [](const auto& c) {
      return std::string("shape") + c.param.shape + c.param.repeat +
             (c.param.is_packed ? "packed" : "");
    });

// What tcgen05.st of a shape writes, tcgen05.ld of the same shape reads back.
TEST_P(TensorMemoryShapes, AStoreIsTheInverseOfALoad) {
  const ShapeCase& c = GetParam();
  const auto shape = TensorMemoryShape::find(c.shape, c.repeat, c.is_packed);
  const uint32_t num = shape->num_registers();
  const bool is_split = shape->kind() == TensorMemoryShape::Kind::k16x32bx2;
  std::string body;
  for (uint32_t r = 0; r < num; ++r) {
    body += "mad.lo.u32 %v" + std::to_string(r) + ", %thread, 1000, " + std::to_string(r) + ";\n";
  }
  body += "tcgen05.st.sync.aligned." + std::string(c.shape) + "." + c.repeat +
          (c.is_packed ? ".unpack::16b" : "") + ".b32 [%lanes], " + (is_split ? "20, " : "") +
          vector_of("%v", num) + ";\ntcgen05.wait::st.sync.aligned;\n" + loads(c, *shape, 20);
  KernelRunner runner(tensor_kernel(64, body));
  runner.target = "sm_100";
  const uint64_t out = runner.allocate(uint64_t{num} * kNumThreads * 4);
  runner.launch("k", {1, 1, 1}, {kNumThreads, 1, 1}, out, out);
  const auto values = runner.download<uint32_t>(out, size_t{num} * kNumThreads);
  for (uint32_t thread = 0; thread < kNumThreads; ++thread) {
    for (uint32_t r = 0; r < num; ++r) EXPECT_EQ(values[thread * num + r], thread * 1000 + r);
  }
}

struct ReduceCase {
  const char* modifiers;
  float values[4];
  uint32_t expected;
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class TensorMemoryReduction : public testing::TestWithParam<ReduceCase> {};

TEST_P(TensorMemoryReduction, FollowsTheModifiers) {
  const ReduceCase& c = GetParam();
  std::string body;
  for (int r = 0; r < 4; ++r) {
    body += "mov.b32 %v" + std::to_string(r) + ", " +
            std::to_string(std::bit_cast<uint32_t>(c.values[r])) + ";\n";
  }
  body +=
      "tcgen05.st.sync.aligned.32x32b.x4.b32 [%lanes], {%v0, %v1, %v2, %v3};\n"
      "tcgen05.wait::st.sync.aligned;\ntcgen05.ld.red.sync.aligned.32x32b.x4." +
      std::string(c.modifiers) +
      " {%v4, %v5, %v6, %v7}, %v8, [%lanes];\ntcgen05.wait::ld.sync.aligned;\n"
      "mov.b32 %v0, %v8;\n" +
      store_vector("%v", 1);
  KernelRunner runner(tensor_kernel(32, body, "sm_103a"));
  runner.target = "sm_103";
  const uint64_t out = runner.allocate(kNumThreads * 4);
  runner.launch("k", {1, 1, 1}, {kNumThreads, 1, 1}, out, out);
  for (const uint32_t value : runner.download<uint32_t>(out, kNumThreads)) {
    EXPECT_EQ(value, c.expected) << c.modifiers;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, TensorMemoryReduction,
    testing::Values(ReduceCase{"max.f32", {1, -3, 2, 0}, std::bit_cast<uint32_t>(2.0f)},
                    ReduceCase{"min.f32", {1, -3, 2, 0}, std::bit_cast<uint32_t>(-3.0f)},
                    ReduceCase{"max.abs.f32", {1, -3, 2, 0}, std::bit_cast<uint32_t>(3.0f)},
                    ReduceCase{"max.f32", {1, kNan, 2, 0}, std::bit_cast<uint32_t>(2.0f)},
                    ReduceCase{"max.NaN.f32", {1, kNan, 2, 0}, 0x7fffffff},
                    ReduceCase{"max.u32", {1, -3, 2, 0}, std::bit_cast<uint32_t>(-3.0f)},
                    ReduceCase{"max.s32", {1, -3, 2, 0}, std::bit_cast<uint32_t>(2.0f)}));

}  // namespace
}  // namespace emulator
