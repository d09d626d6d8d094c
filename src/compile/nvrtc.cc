// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/nvrtc.h"

#include <dlfcn.h>

#include <filesystem>

#include "compile/embedded_sources.h"
#include "mla/error.h"

namespace mla::compile {
namespace {

constexpr const char* kWhere = "NVRTC";

// Whether `library` has every function; fills `functions`.
bool load_functions(void* library, NvrtcFunctions& functions) {
  bool is_complete = true;
#define MLA_NVRTC_FUNCTION(result, symbol, parameters)                                \
  functions.symbol = reinterpret_cast<result(*) parameters>(dlsym(library, #symbol)); \
  is_complete = is_complete && functions.symbol != nullptr;
#include "compile/nvrtc_functions.def"
  return is_complete;
}

// NVRTC opens its built-in declarations by a bare name, which the loader only finds in its own
// places or when a library of that name is loaded already.
void load_builtins_beside(const std::filesystem::path& nvrtc) {
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(nvrtc.parent_path(), ignored)) {
    if (file.path().filename().string().starts_with("libnvrtc-builtins.so.")) {
      dlopen(file.path().c_str(), RTLD_LAZY | RTLD_LOCAL);
    }
  }
}

// A program that is destroyed at the end of its scope.
class Program {
 public:
  explicit Program(const NvrtcFunctions& functions) : functions_(functions) {}
  ~Program() { functions_.nvrtcDestroyProgram(&handle); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  nvrtcProgram handle = nullptr;

 private:
  const NvrtcFunctions& functions_;
};

}  // namespace

const std::vector<std::string>& compile_options() {
  static const std::vector<std::string> options = {"--std=c++20",
                                                   "--device-as-default-execution-space"};
  return options;
}

Nvrtc::Nvrtc(const std::vector<std::string>& candidates)
    : functions_(std::make_unique<NvrtcFunctions>()) {
  std::string reasons;
  for (const std::string& candidate : candidates) {
    void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr && load_functions(library, *functions_)) {
      load_builtins_beside(candidate);
      file_ = candidate;
      return;
    }
    reasons += "\n  ";
    reasons += library == nullptr ? dlerror() : candidate + ": not an NVRTC library";
  }
  throw Error(ErrorKind::kRuntime, kWhere,
              "none found; install the package nvidia-cuda-nvrtc or a CUDA toolkit, or set "
              "TOKENSPEED_MLA_NVRTC to the file; tried:" +
                  reasons);
}

void Nvrtc::check(nvrtcResult result, const char* action) const {
  if (result == kNvrtcSuccess) return;
  throw Error(ErrorKind::kRuntime, kWhere,
              std::string(action) + " failed: " + functions_->nvrtcGetErrorString(result));
}

std::string Nvrtc::version() const {
  int major = 0;
  int minor = 0;
  check(functions_->nvrtcVersion(&major, &minor), "asking for the version");
  return std::to_string(major) + "." + std::to_string(minor);
}

std::string Nvrtc::log(nvrtcProgram program) const {
  std::size_t size = 0;
  check(functions_->nvrtcGetProgramLogSize(program, &size), "reading the log");
  std::string text(size, '\0');
  check(functions_->nvrtcGetProgramLog(program, text.data()), "reading the log");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

KernelImage Nvrtc::compile(const KernelSource& source, const Target& target,
                           std::string* remarks) const {
  const std::vector<SourceFile> files = include_closure(source.file);
  std::vector<const char*> names;
  std::vector<const char*> texts;
  for (const SourceFile& file : files) {
    names.push_back(file.name);
    texts.push_back(file.text);
  }
  const std::string main = "#include \"" + source.file + "\"\n";
  const std::string arch = "--gpu-architecture=" + target.text();
  std::vector<const char*> options = {arch.c_str()};
  for (const std::string& option : compile_options()) options.push_back(option.c_str());

  Program program(*functions_);
  check(functions_->nvrtcCreateProgram(&program.handle, main.c_str(), "kernel.cu",
                                       int(files.size()), texts.data(), names.data()),
        "creating a program");
  check(functions_->nvrtcAddNameExpression(program.handle, source.expression.c_str()),
        "naming the kernel");
  if (functions_->nvrtcCompileProgram(program.handle, int(options.size()), options.data()) !=
      kNvrtcSuccess) {
    throw Error(ErrorKind::kRuntime, kWhere,
                "compiling " + source.expression + " for " + target.text() + " failed:\n" +
                    log(program.handle));
  }

  if (remarks != nullptr) *remarks = log(program.handle);

  const char* symbol = nullptr;
  check(functions_->nvrtcGetLoweredName(program.handle, source.expression.c_str(), &symbol),
        "asking for the kernel's symbol");
  const bool is_ptx = target.form == ImageForm::kPtx;
  const auto get_size = is_ptx ? functions_->nvrtcGetPTXSize : functions_->nvrtcGetCUBINSize;
  const auto get_code = is_ptx ? functions_->nvrtcGetPTX : functions_->nvrtcGetCUBIN;
  std::size_t size = 0;
  check(get_size(program.handle, &size), "asking for the image's size");
  KernelImage image{.symbol = symbol, .code = std::string(size, '\0'), .origin = Origin::kCompiled};
  check(get_code(program.handle, image.code.data()), "reading the image");
  return image;
}

}  // namespace mla::compile
