// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "gpu/gpu_target.h"
#include "mla/kv_pack.h"
#include "mla/merge.h"
#include "support/kv_pack_problem.h"
#include "support/merge_problem.h"

// A case with its tensors on the GPU, ready to be called, as often and on as many streams as
// wanted.
namespace mla::test {

class KvPackCall {
 public:
  KvPackCall(const Case& c, GpuTarget& gpu);

  void run(const gpu::Stream& stream, bool enable_pdl = false);
  KvPackOutputs& download();
  void poison_results();
  // Other inputs in the same place.
  void replace_inputs(const KvPackInputs& inputs);

  const KvPackInputs& inputs() const { return inputs_; }

 private:
  GpuTarget& gpu_;
  KvPackInputs inputs_;
  KvPackOutputs results_;
  KvPackArgs args_;
};

class MergeCall {
 public:
  MergeCall(const Case& c, GpuTarget& gpu);

  struct Results {
    HostTensor out;
    HostTensor lse;
  };

  void run(const gpu::Stream& stream, bool enable_pdl = false);
  Results& download();
  const MergeInputs& inputs() const { return inputs_; }

 private:
  GpuTarget& gpu_;
  MergeInputs inputs_;
  Results results_;
  MergeArgs args_;
};

}  // namespace mla::test
