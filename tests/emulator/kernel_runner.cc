// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "tests/emulator/kernel_runner.h"

#include <stdexcept>

namespace emulator {

std::string kernel_with_two_pointers(const std::string& body, const std::string& before) {
  return ".version 9.0\n.target sm_100a\n.address_size 64\n" + before +
         ".visible .entry k(.param .u64 k_param_0, .param .u64 k_param_1)\n{\n"
         ".reg .b64 %out, %in, %offset, %here;\n.reg .b32 %thread;\n"
         "ld.param.u64 %out, [k_param_0];\nld.param.u64 %in, [k_param_1];\n"
         "mov.u32 %thread, %tid.x;\n" +
         body + "\nret;\n}\n";
}

KernelRunner::KernelRunner(const std::string& ptx_text) : module_(ptx::load_module(ptx_text)) {}

void KernelRunner::prepare(const std::string& kernel, Extent grid, Extent block) {
  const ptx::Kernel* found = module_->find_kernel(kernel);
  if (!found) throw std::invalid_argument("no kernel " + kernel);
  programs_.push_back(decode(*module_, *found, [this](uint32_t variable) {
    const ptx::Variable& v = module_->variables[variable];
    const uint64_t address = memory_.allocate(v.size_bytes);
    std::memset(reinterpret_cast<void*>(address), 0, v.size_bytes);
    std::memcpy(reinterpret_cast<void*>(address), v.initial_bytes.data(), v.initial_bytes.size());
    return address;
  }));
  const Program& program = *programs_.back();
  launch_ = {};
  launch_.program = &program;
  launch_.grid = grid;
  launch_.block = block;
  launch_.cluster = cluster;
  launch_.dynamic_shared_bytes = dynamic_shared_bytes;
  launch_.parameters.resize(program.parameter_bytes);
}

void KernelRunner::set_parameter(size_t index, const void* value, size_t size) {
  const Parameter& parameter = launch_.program->parameters.at(index);
  if (parameter.size != size) throw std::invalid_argument("parameter size");
  std::memcpy(launch_.parameters.data() + parameter.offset, value, size);
}

}  // namespace emulator
