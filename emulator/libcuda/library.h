// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emulator/core/decoder.h"
#include "emulator/libcuda/api.h"

namespace emulator::libcuda {

class Library;

// A kernel of a loaded library and what the host has set for it.
struct Kernel {
  Library* library = nullptr;
  const ptx::Kernel* source = nullptr;
  std::unique_ptr<Program> program;
  uint32_t max_dynamic_shared_bytes = 48 * 1024;
  bool allows_large_clusters = false;

  uint32_t max_threads() const;
};

// A module in device memory: its variables have addresses, its kernels are ready to run.
class Library {
 public:
  explicit Library(std::string ptx_text);
  ~Library();

  Kernel* find_kernel(const std::string& name);
  uint64_t find_variable(const std::string& name) const;  // its address, or 0

 private:
  void place_variables();
  void apply_relocations();

  std::unique_ptr<ptx::Module> module_;
  std::vector<uint64_t> addresses_;  // of Module::variables; 0 for those of other spaces
  std::map<std::string, Kernel> kernels_;
};

Kernel* kernel_of(CUfunction handle);

// The address of a variable in global or constant memory; 0 when there is none of that name.
uint64_t variable_address(CUlibrary library, const std::string& name);

}  // namespace emulator::libcuda
