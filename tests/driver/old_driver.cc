// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// A driver of CUDA 11.4: it starts and has little else.
extern "C" __attribute__((visibility("default"))) int cuInit(unsigned) {
  return 0;
}

extern "C" __attribute__((visibility("default"))) int cuDriverGetVersion(int* version) {
  *version = 11040;
  return 0;
}
