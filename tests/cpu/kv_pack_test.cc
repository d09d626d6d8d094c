// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "cpu/host_tensor.h"
#include "cpu/ops.h"

namespace mla::cpu {
namespace {

struct Case {
  std::int64_t num_tokens = 37;
  std::int64_t num_heads = 3;
  std::int64_t nope = 128;
  std::int64_t rope = 64;
  std::int64_t v_dim = 128;
  DType dtype = DType::kBFloat16;
  DType out_dtype = DType::kFloat8E4M3;
  bool has_3d_rope = false;
};

// The code that scale * value rounds to; rows_test shows that from_float is right.
std::uint8_t code_of(double value, float scale, DType dtype) {
  const float number = float(value);
  std::uint8_t code;
  from_float(&number, scale, dtype, &code, 1);
  return code;
}

std::uint8_t byte_at(const HostTensor& tensor, std::vector<std::int64_t> index) {
  return tensor.bytes()[tensor.offset(index)];
}

void expect_right(const Case& c) {
  constexpr float kKScale = 0.7f;
  constexpr float kVScale = 30.0f;  // saturates now and then
  std::mt19937 random(11);
  HostTensor k_nope(c.dtype, {c.num_tokens, c.num_heads, c.nope}, 6);
  HostTensor k_pe(c.dtype, {c.num_tokens, 1, c.rope}, 9);
  HostTensor v(c.dtype, {c.num_tokens, c.num_heads, c.v_dim}, 4);
  HostTensor k_out(c.out_dtype, {c.num_tokens, c.num_heads, c.nope + c.rope}, 2);
  HostTensor v_out(c.out_dtype, {c.num_tokens, c.num_heads, c.v_dim}, 1);
  k_nope.fill(random);
  k_pe.fill(random);
  v.fill(random, 10.0f);

  KvPackArgs args;
  args.k_nope = k_nope.view();
  args.k_pe = k_pe.view();
  args.v = v.view();
  args.k_out = k_out.view();
  args.v_out = v_out.view();
  args.k_scale_inv = kKScale;
  args.v_scale_inv = kVScale;
  if (!c.has_3d_rope) {
    args.k_pe.rank = 2;
    args.k_pe.shape = {c.num_tokens, c.rope};
    args.k_pe.strides = {args.k_pe.strides[0], 1};
  }
  kv_pack(args, 2);

  for (std::int64_t token = 0; token < c.num_tokens; ++token) {
    for (std::int64_t head = 0; head < c.num_heads; ++head) {
      for (std::int64_t i = 0; i < c.nope + c.rope; ++i) {
        const double value =
            i < c.nope ? k_nope.get({token, head, i}) : k_pe.get({token, 0, i - c.nope});
        ASSERT_EQ(byte_at(k_out, {token, head, i}), code_of(value, kKScale, c.out_dtype))
            << "k " << token << " " << head << " " << i;
      }
      for (std::int64_t i = 0; i < c.v_dim; ++i) {
        ASSERT_EQ(byte_at(v_out, {token, head, i}),
                  code_of(v.get({token, head, i}), kVScale, c.out_dtype))
            << "v " << token << " " << head << " " << i;
      }
    }
    ASSERT_EQ(byte_at(k_out, {token, c.num_heads, 0}), 0xFF) << "written behind token " << token;
  }
}

TEST(KvPack, AgreesForEveryDType) {
  for (const DType dtype : {DType::kBFloat16, DType::kFloat16}) {
    for (const DType out_dtype : {DType::kFloat8E4M3, DType::kFloat8E5M2}) {
      SCOPED_TRACE(testing::Message() << name(dtype) << " to " << name(out_dtype));
      expect_right({.dtype = dtype, .out_dtype = out_dtype});
    }
  }
}

TEST(KvPack, TakesOddWidthsAndRopeOfEitherRank) {
  expect_right({.num_tokens = 5, .num_heads = 1, .nope = 7, .rope = 3, .v_dim = 17});
  expect_right({.num_tokens = 1, .nope = 16, .rope = 1, .v_dim = 1, .has_3d_rope = true});
  expect_right({.num_tokens = 0});
}

}  // namespace
}  // namespace mla::cpu
