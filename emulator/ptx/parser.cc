// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/parser.h"

#include <algorithm>
#include <cstdlib>

#include "emulator/ptx/body_parser.h"
#include "emulator/ptx/token_stream.h"
#include "emulator/ptx/variable_parser.h"
#include "emulator/ptx/verifier.h"

namespace emulator::ptx {
namespace {

// The directives outside of kernels.
class ModuleParser {
 public:
  ModuleParser(Module& module, std::vector<Diagnostic>& diagnostics)
      : module_(module), diagnostics_(diagnostics), tokens_(tokenize(module.text, diagnostics)) {}

  void run() {
    while (!tokens_.at_end()) {
      try {
        parse_directive();
      } catch (const SyntaxError& error) {
        diagnostics_.push_back({error.line, {}, error.message});
        skip_to_directive();
      }
    }
  }

 private:
  void parse_directive() {
    const Token token = tokens_.peek();
    if (token.kind != TokenKind::kDirective) {
      tokens_.fail("expected a directive, got '" + std::string(token.text) + "'");
    }
    if (token.text == ".version") return parse_version();
    if (token.text == ".target") return parse_target();
    if (token.text == ".file") return parse_file();
    if (token.text == ".section") return skip_section();
    if (token.text == ".address_size" || token.text == ".loc") return tokens_.skip_line(token.line);
    if (token.text == ".pragma" || token.text == ".alias") return tokens_.skip_past(';');
    parse_linked();
  }

  void parse_version() {
    tokens_.next();
    const std::string_view number = tokens_.next().text;
    const size_t dot = std::min(number.find('.'), number.size() - 1);
    module_.version_major = std::atoi(std::string(number.substr(0, dot)).c_str());
    module_.version_minor = std::atoi(std::string(number.substr(dot + 1)).c_str());
  }

  void parse_target() {
    const int line = tokens_.next().line;
    module_.target = std::string(tokens_.expect_identifier());
    tokens_.skip_line(line);
  }

  void parse_file() {
    const int line = tokens_.next().line;
    const int64_t number = tokens_.expect_integer();
    if (tokens_.peek().kind != TokenKind::kString) tokens_.fail("expected a file name");
    module_.files[static_cast<uint32_t>(number)] = std::string(tokens_.next().text);
    tokens_.skip_line(line);
  }

  void skip_section() {
    while (!tokens_.is('{') && !tokens_.at_end()) tokens_.next();
    tokens_.skip_braces();
  }

  // A kernel, a function or a variable, after .visible, .extern, .weak or nothing.
  void parse_linked() {
    bool is_extern = false;
    while (tokens_.is_directive(".visible") || tokens_.is_directive(".extern") ||
           tokens_.is_directive(".weak") || tokens_.is_directive(".common")) {
      is_extern |= tokens_.next().text == ".extern";
    }
    if (tokens_.is_directive(".entry")) return parse_kernel();
    if (tokens_.is_directive(".func")) return skip_function(is_extern);
    for (const Declaration& d : parse_variables(tokens_, module_, is_extern)) names_.push_back(d);
  }

  // Compilers inline what device code calls; what is left are declarations of library functions.
  void skip_function(bool is_extern) {
    const int line = tokens_.peek().line;
    while (!tokens_.at_end() && !tokens_.is(';') && !tokens_.is('{')) tokens_.next();
    if (tokens_.accept(';')) return;
    tokens_.skip_braces();
    if (!is_extern) diagnostics_.push_back({line, {}, "device functions are not supported"});
  }

  void parse_kernel() {
    Kernel& kernel = module_.kernels.emplace_back();
    BodyParser body(tokens_, module_, kernel, diagnostics_);
    for (const Declaration& declaration : names_) body.declare(declaration);
    body.run();
  }

  void skip_to_directive() {
    tokens_.next();
    while (!tokens_.at_end() && tokens_.peek().kind != TokenKind::kDirective) tokens_.next();
  }

  Module& module_;
  std::vector<Diagnostic>& diagnostics_;
  TokenStream tokens_;
  std::vector<Declaration> names_;  // the module's variables so far
};

}  // namespace

std::unique_ptr<Module> load_module(std::string text) {
  auto module = std::make_unique<Module>();
  module->text = std::move(text);
  std::vector<Diagnostic> diagnostics;
  ModuleParser(*module, diagnostics).run();
  verify(*module, diagnostics);
  if (diagnostics.empty()) return module;
  std::ranges::stable_sort(diagnostics, {}, &Diagnostic::line);
  for (Diagnostic& d : diagnostics) {
    if (d.text.empty()) d.text = module->line_text(d.line);
  }
  throw LoadError(std::move(diagnostics));
}

}  // namespace emulator::ptx
