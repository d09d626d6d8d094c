// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "emulator/core/program.h"

namespace emulator {

// Gives the address of a module variable in global or constant memory, by its index.
using AddressOf = std::function<uint64_t(uint32_t variable)>;

// Makes a kernel ready to run: registers get their places, operands become rows, every instruction
// its function. The module must outlive the program.
std::unique_ptr<Program> decode(const ptx::Module& module, const ptx::Kernel& kernel,
                                const AddressOf& address_of);

}  // namespace emulator
