// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "support/case_table.h"
#include "support/host_tensor.h"

namespace mla::test {

// The tensors of one pack call, in host memory.
struct KvPackInputs {
  HostTensor k_nope;
  HostTensor k_pe;
  HostTensor v;
};

KvPackInputs make_kv_pack_inputs(const Case& c);

struct KvPackOutputs {
  HostTensor k;
  HostTensor v;
};

KvPackOutputs reference_kv_pack(const KvPackInputs& inputs, const Case& c);

}  // namespace mla::test
