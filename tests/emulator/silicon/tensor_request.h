// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "tests/emulator/silicon/silicon_case.h"

namespace emulator::silicon {

uint32_t element_bytes(mla::driver::CUtensorMapDataType type);
std::string type_name(mla::driver::CUtensorMapDataType type);

// A tensor whose rows and planes are padded to multiples of 16 bytes, and then by 16 more.
TensorRequest padded_tensor(mla::driver::CUtensorMapDataType type, std::vector<uint64_t> dims,
                            std::vector<uint32_t> box);

// Bytes from the first to behind the last element, padding included.
uint64_t tensor_bytes(const TensorRequest& map);
// Bytes that a box occupies in shared memory.
uint32_t box_bytes(const TensorRequest& map);

// "{-1, 2}"
std::string coordinate_list(const std::vector<int32_t>& coordinates);

}  // namespace emulator::silicon
