// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "device/abi/decode_config.h"
#include "device/abi/decode_params.h"

namespace mla {

// Where a GPU's workers leave their partial results, in bytes from the start of the workspace.
struct DecodeWorkspace {
  // partial_out, 2 bytes [slot][row][latent], is at 0
  std::int64_t partial_lse = 0;        // float32 [slot][row]
  std::int64_t partial_exponents = 0;  // int8 [slot][row][2], for 16-bit types
  std::int64_t bytes = 0;
};

constexpr DecodeWorkspace decode_workspace(std::int64_t num_workers, std::int64_t num_rows,
                                           const DecodeConfig& config) {
  const std::int64_t slot_rows = num_partial_slots(num_workers) * num_rows;
  DecodeWorkspace layout;
  layout.partial_lse = slot_rows * config.latent_dim * 2;
  layout.partial_exponents = layout.partial_lse + slot_rows * 4;
  layout.bytes = layout.partial_exponents + (has_partial_exponents(config) ? slot_rows * 2 : 0);
  return layout;
}

}  // namespace mla
