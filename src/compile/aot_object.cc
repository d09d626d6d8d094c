// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/aot_object.h"

#include <dlfcn.h>
#include <elf.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "compile/content_hash.h"
#include "mla/error.h"

namespace mla::compile {
namespace {

[[noreturn]] void fail(const std::string& file, const std::string& reason) {
  throw Error(ErrorKind::kRuntime, "kernels compiled ahead of time", file + ": " + reason);
}

// Loading a shared object that was cut short can kill the process, so its length is checked first:
// linkers put the section table at the end.
void expect_complete(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  Elf64_Ehdr header;
  if (!stream) fail(file, "cannot be read");
  if (!stream.read(reinterpret_cast<char*>(&header), sizeof(header)) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    fail(file, "is no shared object");
  }
  const auto end = header.e_shoff + std::uint64_t(header.e_shnum) * header.e_shentsize;
  if (std::filesystem::file_size(file) < end) fail(file, "is cut short");
}

}  // namespace

AotObject::AotObject(const std::string& file) : file_(file) {
  expect_complete(file);
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) fail(file, dlerror());
  entries_ = static_cast<const AotEntry*>(dlsym(library, "mla_aot_kernels"));
  if (entries_ == nullptr) fail(file, "has no symbol mla_aot_kernels");
}

std::optional<KernelImage> AotObject::find(const std::string& key) const {
  for (const AotEntry* entry = entries_; entry->key != nullptr; ++entry) {
    if (key != entry->key) continue;
    KernelImage image{.symbol = entry->symbol,
                      .code = std::string(entry->code, entry->code_bytes),
                      .origin = Origin::kAheadOfTime};
    if (content_hash(image.code) != entry->hash)
      fail(file_, "the image of " + image.symbol + " is damaged");
    return image;
  }
  return std::nullopt;
}

int AotObject::num_kernels() const {
  int count = 0;
  while (entries_[count].key != nullptr) ++count;
  return count;
}

std::string aot_file_name(const Target& target) {
  return "libmla_kernels_" + target.text() + ".so";
}

}  // namespace mla::compile
