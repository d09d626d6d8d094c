// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include "mla/runtime.h"
#include "support/host_tensor.h"

namespace mla::test {

// Where cases run, and in what precision that place computes.
class Target {
 public:
  virtual ~Target() = default;

  virtual Device device() const = 0;
  virtual Runtime& runtime() = 0;

  // What softmax probabilities are rounded to before they meet the values.
  virtual DType probability_dtype(DType input) const = 0;

  // What a step of a matrix product's running sum is cut off by, relative to the sum; 0: float32.
  virtual double sum_cutoff(DType /*input*/) const { return 0; }

  // What rounding on the way changes a result by at worst, relative to the root mean square of its
  // values, beyond what the reference happens to round; 0: all in float32.
  virtual double inner_rounding(DType /*input*/) const { return 0; }

  // What prefill rounds an FP8 probability by at worst, relative to it; 0: not.
  virtual double probability_rounding(DType /*input*/) const { return 0; }

  // The tensor as this target's kernels see it, and what they left in it back in the tensor.
  virtual TensorView upload(const HostTensor& tensor) = 0;
  virtual void download(HostTensor& tensor) = 0;
};

Target& cpu_target();

}  // namespace mla::test
