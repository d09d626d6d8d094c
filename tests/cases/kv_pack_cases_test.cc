// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "cases/case_test.h"
#include "mla/kv_pack.h"
#include "support/compare.h"
#include "support/kv_pack_problem.h"
#include "support/target.h"

namespace mla::test {
namespace {

MLA_CASE_SUITE(KvPackCases, "kv_pack");

TEST_P(KvPackCases, AreBitExact) {
  const Case& c = GetParam();
  Target& target = cpu_target();
  const KvPackInputs inputs = make_kv_pack_inputs(c);
  const KvPackOutputs expected = reference_kv_pack(inputs, c);
  KvPackOutputs got{HostTensor(expected.k.dtype(), expected.k.shape()),
                    HostTensor(expected.v.dtype(), expected.v.shape())};
  kv_pack({.k_nope = target.upload(inputs.k_nope),
           .k_pe = target.upload(inputs.k_pe),
           .v = target.upload(inputs.v),
           .k_out = target.upload(got.k),
           .v_out = target.upload(got.v),
           .k_scale_inv = c.get<float>("k_scale_inv"),
           .v_scale_inv = c.get<float>("v_scale_inv"),
           .enable_pdl = c.get<bool>("enable_pdl")},
          target.runtime());
  target.download(got.k);
  target.download(got.v);
  EXPECT_TRUE(same_bits(got.k, expected.k)) << "k";
  EXPECT_TRUE(same_bits(got.v, expected.v)) << "v";
}

}  // namespace
}  // namespace mla::test
