// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

namespace mla::compile {

// One kernel of a shared object that was compiled ahead of time. The object exports an array of
// these named mla_aot_kernels; an entry without key ends it.
struct AotEntry {
  const char* key;     // kernel_key() of what it was made from
  const char* symbol;  // the kernel's name in the image
  const char* hash;    // content_hash() of the image
  const char* code;    // the image
  unsigned long long code_bytes;
};

}  // namespace mla::compile
