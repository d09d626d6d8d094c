// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT

// Compiles the configurations of device/aot.def for one target:
//
//   mla_build_kernels 90a FOLDER
//
// writes one cubin a kernel and kernels.cc, which puts them into a shared object, into FOLDER.
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "aot/listed_kernels.h"
#include "compile/content_hash.h"
#include "compile/kernel_store.h"

namespace mla {
namespace {

namespace fs = std::filesystem;

// The assembler's .incbin is as fast as a copy, where an array of numbers would be compiled.
std::string embedded(const std::string& label, const fs::path& file) {
  return "asm(\".section .rodata\\n.balign 16\\n" + label + ": .incbin \\\"" + file.string() +
         "\\\"\\n.previous\\n\");\nextern \"C\" __attribute__((visibility(\"hidden\"))) const "
         "char " +
         label + "[];\n";
}

std::string table_entry(const std::string& label, const std::string& key,
                        const compile::KernelImage& image) {
  return "    {R\"mla_key(" + key + ")mla_key\", \"" + image.symbol + "\", \"" +
         compile::content_hash(image.code) + "\", " + label + ", " +
         std::to_string(image.code.size()) + "},\n";
}

void build(const compile::Target& target, const fs::path& folder) {
  const compile::Nvrtc nvrtc(compile::nvrtc_candidates(compile::nvrtc_search_from_environment()));
  std::string images;
  std::string entries;
  std::size_t total_bytes = 0;
  const std::vector<compile::KernelSource> sources = listed_kernels(target);
  for (const compile::KernelSource& source : sources) {
    const compile::KernelImage image = nvrtc.compile(source, target);
    const std::string label = "kernel_" + std::to_string(total_bytes);
    const fs::path file = folder / (label + ".cubin");
    std::ofstream(file, std::ios::binary) << image.code;
    images += embedded(label, file);
    entries += table_entry(label, compile::kernel_key(source, target), image);
    total_bytes += image.code.size();
  }
  std::ofstream(folder / "kernels.cc")
      << "#include \"compile/aot_table.h\"\n\n"
      << images << "\nextern \"C\" __attribute__((visibility(\"default\")))\n"
      << "const mla::compile::AotEntry mla_aot_kernels[] = {\n"
      << entries << "    {nullptr, nullptr, nullptr, nullptr, 0},\n};\n";
  std::cout << target.text() << ": " << sources.size() << " kernels, " << total_bytes
            << " bytes, NVRTC " << nvrtc.version() << "\n";
}

}  // namespace
}  // namespace mla

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: mla_build_kernels 90a|100f|103f FOLDER\n";
    return 2;
  }
  try {
    std::filesystem::create_directories(argv[2]);
    mla::build({.arch = argv[1]}, std::filesystem::absolute(argv[2]));
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
