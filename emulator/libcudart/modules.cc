// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcudart/modules.h"

#include <deque>
#include <map>
#include <string>

#include "emulator/libcuda/library.h"
#include "emulator/libcudart/api.h"

namespace emulator::libcudart {
namespace {

// A fat binary of the program, loaded when something of it is used.
struct Module {
  const void* image = nullptr;
  mla::driver::CUlibrary library = nullptr;
  bool has_failed = false;
};

struct Symbol {
  Module* module = nullptr;
  std::string name;
  size_t bytes = 0;
};

struct Registry {
  std::deque<Module> modules;
  std::map<const void*, Symbol> kernels;  // by the address of the host's function
  std::map<const void*, Symbol> variables;
};

// Programs register before main, so that this must not depend on the order of initialisation.
Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

Module* module_of(void** handle) {
  return reinterpret_cast<Module*>(handle);
}

bool load(Module& module) {
  if (module.library) return true;
  if (module.has_failed) return false;
  const auto result = libcuda::cuLibraryLoadData(&module.library, module.image, nullptr, nullptr, 0,
                                                 nullptr, nullptr, 0);
  module.has_failed = result != mla::driver::kSuccess;
  return remember(result) == kCudaSuccess;
}

const Symbol* find_loaded(const std::map<const void*, Symbol>& symbols, const void* host) {
  const auto it = symbols.find(host);
  return it != symbols.end() && load(*it->second.module) ? &it->second : nullptr;
}

}  // namespace

mla::driver::CUkernel find_kernel(const void* host) {
  mla::driver::CUkernel kernel = nullptr;
  const Symbol* symbol = find_loaded(registry().kernels, host);
  if (symbol) libcuda::cuLibraryGetKernel(&kernel, symbol->module->library, symbol->name.c_str());
  return kernel;
}

DeviceVariable find_variable(const void* host) {
  const Symbol* symbol = find_loaded(registry().variables, host);
  if (!symbol) return {};
  const uint64_t address = libcuda::variable_address(symbol->module->library, symbol->name);
  return {reinterpret_cast<std::byte*>(address), symbol->bytes};
}

void** __cudaRegisterFatBinary(void* wrapper) {
  registry().modules.push_back({wrapper});
  return reinterpret_cast<void**>(&registry().modules.back());
}

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void**) {}

void __cudaRegisterFunction(void** module, const char* host, char*, const char* name, int, void*,
                            void*, void*, void*, int*) {
  registry().kernels[host] = {module_of(module), name};
}

void __cudaRegisterVar(void** module, char* host, char*, const char* name, int, size_t bytes, int,
                       int) {
  registry().variables[host] = {module_of(module), name, bytes};
}

char __cudaInitModule(void** module) {
  return load(*module_of(module));
}

}  // namespace emulator::libcudart
