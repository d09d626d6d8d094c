// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mla {

// Whether a problem can be run, and why not.
struct Verdict {
  bool ok = true;
  std::string reason = {};  // empty when ok

  explicit operator bool() const { return ok; }
};

// The least work a problem needs and the time a device would take for it if nothing else cost
// anything. Decode counts max_seq_len keys for every request; prefill spreads the tokens evenly
// over requests.
struct Roofline {
  double flops = 0;
  double bytes = 0;
  double compute_seconds = 0;
  double memory_seconds = 0;
  double exp_seconds = 0;  // 0 where exponentials cannot be the limit

  double seconds() const;        // the largest of the three
  const char* bound_by() const;  // "compute", "memory" or "exp"
};

// What a plan chose and why, for people: a list of (name, value) rows and a roofline. It is the
// plan that the device would get, whether or not this build has the kernel; a problem outside the
// contract has no plan, and the verdict says why.
struct Explanation {
  std::string op;      // "decode"
  std::string device;  // "H200"
  Verdict verdict;     // of can_implement: whether this build has the kernel
  std::vector<std::pair<std::string, std::string>> rows = {};
  Roofline roofline = {};
};

std::string to_string(const Explanation& explanation);  // a small text table

}  // namespace mla
