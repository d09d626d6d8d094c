// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/parser.h"

#include <algorithm>
#include <cstdlib>

#include "emulator/ptx/body_parser.h"
#include "emulator/ptx/function.h"
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
    for (const size_t position : kernels_) parse_kernel(position);
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
    if (tokens_.is_directive(".entry")) return skip_kernel();
    if (tokens_.is_directive(".func")) return add_function();
    for (const Declaration& d : parse_variables(tokens_, module_, is_extern)) names_.push_back(d);
  }

  // A function is often declared first, and has its body later.
  void add_function() {
    const Function function = parse_function(tokens_);
    Function& known = functions_[function.name];
    if (!known.body) known = function;
  }

  // Kernels come last, when all functions are known.
  void skip_kernel() {
    kernels_.push_back(tokens_.position());
    while (!tokens_.is('{') && !tokens_.at_end()) tokens_.next();
    if (!tokens_.at_end()) tokens_.skip_braces();
  }

  void parse_kernel(size_t position) {
    tokens_.seek(position);
    Kernel& kernel = module_.kernels.emplace_back();
    BodyParser body(tokens_, module_, kernel, functions_, diagnostics_);
    for (const Declaration& declaration : names_) body.declare(declaration);
    try {
      body.run();
    } catch (const SyntaxError& error) {
      diagnostics_.push_back({error.line, {}, error.message});
    }
  }

  void skip_to_directive() {
    tokens_.next();
    while (!tokens_.at_end() && tokens_.peek().kind != TokenKind::kDirective) tokens_.next();
  }

  Module& module_;
  std::vector<Diagnostic>& diagnostics_;
  TokenStream tokens_;
  std::vector<Declaration> names_;  // the module's variables
  FunctionTable functions_;
  std::vector<size_t> kernels_;  // positions in the tokens
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
