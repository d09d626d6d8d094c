// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/units/tensor_data_path.h"

namespace emulator {

TensorDataPath TensorDataPath::find(const MmaVariant& variant, uint32_t m) {
  const uint32_t num_rows = m / static_cast<uint32_t>(variant.cta_group);
  if (num_rows == 128) return {num_rows, 1, false};
  if (variant.cta_group == 1 && !variant.is_weight_stationary) return {num_rows, 1, true};
  return {num_rows, TensorMemory::kNumLanes / num_rows, false};
}

}  // namespace emulator
