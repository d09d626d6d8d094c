// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emulator::ptx {

// What a name stands for.
struct Named {
  enum class Kind : uint8_t { kRegister, kVariable } kind = Kind::kRegister;
  uint32_t index = 0;  // into Kernel::registers or Module::variables
};

// The nested { } scopes of one kernel. Inline assembly opens a scope in most of its blocks and
// declares the same register and label names again and again; the innermost declaration wins.
// Scopes stay after they are left, because a branch may name a label that comes later.
class ScopeTree {
 public:
  ScopeTree() { scopes_.emplace_back(); }

  void enter();
  void leave();
  int depth() const { return depth_; }
  int current() const { return current_; }

  void declare(std::string_view name, Named named);
  // .reg .b32 %r<count>: the names prefix0 ... prefix(count-1) stand for registers from `first` on.
  void declare_range(std::string_view prefix, uint32_t first, uint32_t count);
  void declare_label(std::string_view name, uint32_t instruction);

  std::optional<Named> find(std::string_view name) const;
  std::optional<uint32_t> find_label(std::string_view name, int scope) const;

 private:
  struct Range {
    uint32_t first = 0;
    uint32_t count = 0;
  };
  struct Scope {
    int parent = -1;
    std::unordered_map<std::string_view, Named> names;
    std::unordered_map<std::string_view, Range> ranges;
    std::unordered_map<std::string_view, uint32_t> labels;
  };

  std::vector<Scope> scopes_;
  int current_ = 0;
  int depth_ = 0;
};

}  // namespace emulator::ptx
