// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/kernel_store.h"

#include <dlfcn.h>

#include <utility>

#include "compile/embedded_sources.h"
#include "mla/error.h"

namespace mla::compile {
namespace {

namespace fs = std::filesystem;

// Tells compilers apart without loading them: file name and size of the first one that is there.
// Empty when only the loader could find one.
std::string compiler_identity(const NvrtcSearch& search) {
  for (const std::string& candidate : nvrtc_candidates(search)) {
    std::error_code error;
    const auto size = fs::file_size(candidate, error);
    if (!error) return fs::path(candidate).filename().string() + " " + std::to_string(size);
  }
  return {};
}

}  // namespace

std::string kernel_key(const KernelSource& source, const Target& target) {
  std::string key = source.expression + "\n" + source.file + "\n" + target.text() + "\n";
  for (const std::string& option : compile_options()) key += option + " ";
  return key + "\n" + closure_hash(include_closure(source.file));
}

fs::path own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0) return {};
  return fs::path(info.dli_fname).parent_path();
}

KernelStore::KernelStore(KernelStoreOptions options)
    : options_(std::move(options)), cache_(options_.cache_folder) {}

KernelImage KernelStore::find(const KernelSource& source, const Target& target) {
  const CacheKey key{.text = kernel_key(source, target),
                     .compiler = compiler_identity(options_.nvrtc)};
  try {
    if (const AotObject* object = aot_object(target)) {
      if (auto image = object->find(key.text)) return *std::move(image);
    }
  } catch (const Error& error) {
    // A damaged image costs a compilation, no more; it is told when that fails too.
    const std::lock_guard lock(mutex_);
    aot_problems_ = error.what();
  }
  if (auto image = cache_.load(key)) return *std::move(image);
  KernelImage image = compile(source, target);
  cache_.store(key, image);
  return image;
}

const AotObject* KernelStore::aot_object(const Target& target) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = aot_objects_.try_emplace(target.text());
  const fs::path file = options_.aot_folder / aot_file_name(target);
  if (is_new && fs::exists(file)) found->second = std::make_unique<AotObject>(file);
  return found->second.get();
}

KernelImage KernelStore::compile(const KernelSource& source, const Target& target) {
  try {
    return nvrtc().compile(source, target);
  } catch (const Error& error) {
    const std::lock_guard lock(mutex_);
    const std::string also = aot_problems_.empty() ? "" : "\n" + aot_problems_;
    throw Error(error.kind(), "compile",
                source.expression + " for " + target.text() +
                    " is neither compiled ahead of time nor cached, and " + error.what() + also);
  }
}

const Nvrtc& KernelStore::nvrtc() {
  const std::lock_guard lock(mutex_);
  if (!nvrtc_) nvrtc_ = std::make_unique<Nvrtc>(nvrtc_candidates(options_.nvrtc));
  return *nvrtc_;
}

}  // namespace mla::compile
