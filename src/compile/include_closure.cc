// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "compile/content_hash.h"
#include "compile/embedded_sources.h"
#include "mla/error.h"

namespace mla::compile {
namespace {

const SourceFile& embedded_file(std::string_view name) {
  const auto files = embedded_sources();
  const auto found = std::ranges::find(files, name, &SourceFile::name);
  if (found == files.end()) {
    throw Error(ErrorKind::kRuntime, "compile", "a device source must be part of the library",
                std::string(name));
  }
  return *found;
}

// Names of the #include "..." lines of a text.
std::vector<std::string_view> included_names(std::string_view text) {
  constexpr std::string_view kDirective = "#include \"";
  std::vector<std::string_view> names;
  std::size_t at = 0;
  while ((at = text.find(kDirective, at)) != std::string_view::npos) {
    at += kDirective.size();
    names.push_back(text.substr(at, text.find('"', at) - at));
  }
  return names;
}

void add_closure(const SourceFile& file, std::vector<SourceFile>& files) {
  const std::string_view name = file.name;
  if (std::ranges::find(files, name, &SourceFile::name) != files.end()) return;
  files.push_back(file);
  for (const std::string_view included : included_names(file.text)) {
    add_closure(embedded_file(included), files);
  }
}

}  // namespace

std::vector<SourceFile> include_closure(std::string_view file) {
  std::vector<SourceFile> files;
  add_closure(embedded_file(file), files);
  return files;
}

std::string closure_hash(std::span<const SourceFile> files) {
  std::string all;
  for (const SourceFile& file : files) {
    // The final zero bytes keep a name and a text apart.
    all.append(file.name).push_back('\0');
    all.append(file.text).push_back('\0');
  }
  return content_hash(all);
}

}  // namespace mla::compile
