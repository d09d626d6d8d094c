// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "support/kv_pack_problem.h"

#include <cmath>

#include "support/reference.h"

namespace mla::test {
namespace {

constexpr std::int64_t kLatentDim = 512;  // columns in front of k_pe in a row of latents

void fill(const Case& c, Stream stream, HostTensor& tensor) {
  tensor.poison(c.get<std::string>("poison") == "nan" ? std::nan("") : HUGE_VAL);
  if (c.get<std::string>("values") != "all_bits") {
    tensor.fill(normals(c.seed, stream, tensor.num_elements(), c.get<double>("std")));
    return;
  }
  for (std::int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.set_bits(coordinates(i, tensor.shape()), static_cast<std::uint32_t>(i & 0xFFFF));
  }
}

// kv_b_proj: k_nope and v are columns of rows that hold both, k_pe the tail of a latent row.
Shape strides_of(const Shape& shape, const std::string& layout, std::int64_t row) {
  if (layout == "kv_b_proj") return {shape[1] * row, row, 1};
  return layout_strides(shape, layout);
}

HostTensor rope_tensor(const Case& c, std::int64_t tokens, const std::string& layout) {
  const auto rope = c.get<std::int64_t>("rope_dim");
  const std::int64_t row = kLatentDim + rope;
  if (c.get<int>("rope_rank") == 3) {
    const Shape shape = {tokens, 1, rope};
    return {c.dtype("dtype"), shape, strides_of(shape, layout, row)};
  }
  const Shape shape = {tokens, rope};
  const bool is_packed = layout == "packed" || layout == "heads_first";
  const Shape strides =
      layout == "kv_b_proj" ? Shape{row, 1} : layout_strides(shape, is_packed ? "packed" : layout);
  return {c.dtype("dtype"), shape, strides};
}

}  // namespace

KvPackInputs make_kv_pack_inputs(const Case& c) {
  const DType dtype = c.dtype("dtype");
  const auto layout = c.get<std::string>("layout");
  const auto tokens = c.get<std::int64_t>("num_tokens");
  const Shape k_shape = {tokens, c.get<std::int64_t>("num_heads"), c.get<std::int64_t>("nope_dim")};
  const Shape v_shape = {tokens, k_shape[1], c.get<std::int64_t>("v_dim")};
  const std::int64_t row = k_shape[2] + v_shape[2];
  KvPackInputs inputs{HostTensor(dtype, k_shape, strides_of(k_shape, layout, row)),
                      rope_tensor(c, tokens, layout),
                      HostTensor(dtype, v_shape, strides_of(v_shape, layout, row))};
  fill(c, Stream::kKey, inputs.k_nope);
  fill(c, Stream::kQuery, inputs.k_pe);
  fill(c, Stream::kValue, inputs.v);
  return inputs;
}

KvPackOutputs reference_kv_pack(const KvPackInputs& inputs, const Case& c) {
  const DType fp8 = c.dtype("out_dtype");
  const auto k_scale = c.get<float>("k_scale_inv"), v_scale = c.get<float>("v_scale_inv");
  const std::int64_t nope = inputs.k_nope.shape()[2], rope = inputs.k_pe.shape().back();
  Shape k_shape = inputs.k_nope.shape();
  k_shape[2] = nope + rope;
  KvPackOutputs expected{HostTensor(fp8, k_shape), HostTensor(fp8, inputs.v.shape())};
  for (std::int64_t i = 0; i < expected.k.num_elements(); ++i) {
    const Shape at = coordinates(i, k_shape);
    Shape rope_at = inputs.k_pe.shape().size() == 3 ? Shape{at[0], 0, at[2] - nope}
                                                    : Shape{at[0], at[2] - nope};
    const double value = at[2] < nope ? inputs.k_nope.value(at) : inputs.k_pe.value(rope_at);
    expected.k.set_bits(at, cast_fp8(value, k_scale, fp8));
  }
  for (std::int64_t i = 0; i < expected.v.num_elements(); ++i) {
    const Shape at = coordinates(i, inputs.v.shape());
    expected.v.set_bits(at, cast_fp8(inputs.v.value(at), v_scale, fp8));
  }
  return expected;
}

}  // namespace mla::test
