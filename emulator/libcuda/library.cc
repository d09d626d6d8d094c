// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcuda/library.h"

#include <cstring>
#include <new>

#include "emulator/libcuda/image.h"
#include "emulator/libcuda/state.h"
#include "emulator/libcuda/stream.h"
#include "emulator/ptx/parser.h"

namespace emulator::libcuda {
namespace {

uint64_t product(const ptx::Dim3& dims) {
  return uint64_t{dims.x} * dims.y * dims.z;
}

bool lies_in_device_memory(const ptx::Variable& variable) {
  return variable.space == ptx::StateSpace::kGlobal || variable.space == ptx::StateSpace::kConst;
}

Library* library_of(CUlibrary handle) {
  return reinterpret_cast<Library*>(handle);
}
Kernel* kernel_of(CUkernel handle) {
  return reinterpret_cast<Kernel*>(handle);
}

}  // namespace

uint32_t Kernel::max_threads() const {
  if (source->required_threads.x > 0) {
    return static_cast<uint32_t>(product(source->required_threads));
  }
  if (source->max_threads.x > 0) return static_cast<uint32_t>(product(source->max_threads));
  return state().device->max_threads_per_cta;
}

Library::Library(std::string ptx_text) : module_(ptx::load_module(std::move(ptx_text))) {
  place_variables();
  apply_relocations();
  for (const ptx::Kernel& source : module_->kernels) {
    Kernel& kernel = kernels_[source.name];
    kernel.library = this;
    kernel.source = &source;
    kernel.program =
        decode(*module_, source, [this](uint32_t variable) { return addresses_[variable]; });
  }
}

Library::~Library() {
  for (const uint64_t address : addresses_) {
    if (address != 0) state().memory.free(address);
  }
}

void Library::place_variables() {
  addresses_.resize(module_->variables.size());
  for (size_t i = 0; i < addresses_.size(); ++i) {
    const ptx::Variable& variable = module_->variables[i];
    if (!lies_in_device_memory(variable) || variable.size_bytes == 0) continue;
    addresses_[i] = state().memory.allocate(variable.size_bytes);
    if (addresses_[i] == 0) throw std::bad_alloc();
    auto* bytes = reinterpret_cast<uint8_t*>(addresses_[i]);
    std::memset(bytes, 0, variable.size_bytes);
    std::memcpy(bytes, variable.initial_bytes.data(), variable.initial_bytes.size());
  }
}

void Library::apply_relocations() {
  for (size_t i = 0; i < addresses_.size(); ++i) {
    for (const ptx::Relocation& relocation : module_->variables[i].relocations) {
      const ptx::Variable* target = module_->find_variable(relocation.symbol);
      if (!target)
        throw std::runtime_error("initialiser names unknown '" + relocation.symbol + "'");
      const auto index = static_cast<size_t>(target - module_->variables.data());
      const uint64_t address = addresses_[index] + static_cast<uint64_t>(relocation.addend);
      std::memcpy(reinterpret_cast<uint8_t*>(addresses_[i]) + relocation.offset, &address, 8);
    }
  }
}

Kernel* Library::find_kernel(const std::string& name) {
  const auto it = kernels_.find(name);
  return it == kernels_.end() ? nullptr : &it->second;
}

uint64_t Library::find_variable(const std::string& name) const {
  const ptx::Variable* variable = module_->find_variable(name);
  return variable ? addresses_[static_cast<size_t>(variable - module_->variables.data())] : 0;
}

uint64_t variable_address(CUlibrary library, const std::string& name) {
  return library_of(library)->find_variable(name);
}

Kernel* kernel_of(CUfunction handle) {
  return reinterpret_cast<Kernel*>(handle);
}

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, CUjit_option*, void**, unsigned,
                           CUlibraryOption*, void**, unsigned) {
  return guarded([&] {
    if (!library) return kErrorInvalidValue;
    std::string text;
    const CUresult result = extract_ptx(code, state().device->target, text);
    if (result != kSuccess) return result;
    *library = reinterpret_cast<CUlibrary>(new Library(std::move(text)));
    return kSuccess;
  });
}

CUresult cuLibraryUnload(CUlibrary library) {
  return guarded([&] {
    drain_all();  // launches refer to it
    delete library_of(library);
    return kSuccess;
  });
}

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* name) {
  return guarded([&] {
    if (!kernel || !library || !name) return kErrorInvalidValue;
    Kernel* found = library_of(library)->find_kernel(name);
    *kernel = reinterpret_cast<CUkernel>(found);
    return found ? kSuccess : kErrorNotFound;
  });
}

CUresult cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  return guarded([&] {
    if (!function || !kernel) return kErrorInvalidValue;
    *function = reinterpret_cast<CUfunction>(kernel);
    return kSuccess;
  });
}

CUresult cuKernelGetAttribute(int* value, CUfunction_attribute attribute, CUkernel handle,
                              CUdevice) {
  return guarded([&] {
    if (!value || !handle) return kErrorInvalidValue;
    const Kernel& kernel = *kernel_of(handle);
    switch (attribute) {
      case kFunctionMaxThreadsPerBlock: *value = static_cast<int>(kernel.max_threads()); break;
      case kFunctionStaticSmemBytes:
        *value = static_cast<int>(kernel.program->static_shared_bytes());
        break;
      case kFunctionLocalBytes: *value = static_cast<int>(kernel.program->local_bytes); break;
      // The emulator does not assign hardware registers; this is how many words are live at most.
      case kFunctionNumRegisters: *value = static_cast<int>(kernel.program->num_slots); break;
      case kFunctionMaxDynamicSmemBytes:
        *value = static_cast<int>(kernel.max_dynamic_shared_bytes);
        break;
      case kFunctionNonPortableClusterSizeAllowed: *value = kernel.allows_large_clusters; break;
      default: return kErrorInvalidValue;
    }
    return kSuccess;
  });
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel handle,
                              CUdevice) {
  return guarded([&] {
    if (!handle || value < 0) return kErrorInvalidValue;
    Kernel& kernel = *kernel_of(handle);
    if (attribute == kFunctionNonPortableClusterSizeAllowed) {
      kernel.allows_large_clusters = value != 0;
      return kSuccess;
    }
    if (attribute != kFunctionMaxDynamicSmemBytes) return kErrorInvalidValue;
    const uint64_t sum =
        uint64_t{kernel.program->static_shared_bytes()} + static_cast<uint64_t>(value);
    if (sum > state().device->max_shared_bytes_per_cta) return kErrorInvalidValue;
    kernel.max_dynamic_shared_bytes = static_cast<uint32_t>(value);
    return kSuccess;
  });
}

}  // namespace emulator::libcuda
