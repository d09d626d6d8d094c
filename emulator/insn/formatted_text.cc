// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/insn/formatted_text.h"

#include <bit>
#include <cstdio>
#include <string_view>
#include <vector>

namespace emulator {
namespace {

constexpr std::string_view kFlagsAndWidth = "-+ #0123456789.*";
constexpr std::string_view kLengths = "hlLjzt";

// "%-8.3lf" in its parts.
struct Conversion {
  std::string flags;  // with width and precision, where each * has become a number
  bool is_long = false;
  char letter = 0;
};

class Formatter {
 public:
  Formatter(std::string_view format, const PrintArguments& arguments)
      : format_(format), arguments_(arguments) {}

  FormattedText run() {
    while (position_ < format_.size()) {
      const char c = format_[position_++];
      if (c != '%') {
        result_.text += c;
      } else if (position_ < format_.size() && format_[position_] == '%') {
        result_.text += format_[position_++];
      } else {
        convert(position_ - 1);
      }
    }
    return result_;
  }

 private:
  void convert(size_t begin) {
    const Conversion conversion = parse_conversion();
    const std::string host_format = "%" + conversion.flags;
    switch (conversion.letter) {
      case 'd':
      case 'i': print_signed(host_format, conversion); break;
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        print(host_format + "ll" + conversion.letter,
              conversion.is_long ? next_double_word() : uint64_t{next_word()});
        break;
      case 'c': print(host_format + 'c', static_cast<int>(next_word())); break;
      case 'p': print(host_format + 'p', reinterpret_cast<const void*>(next_double_word())); break;
      case 's': print(host_format + 's', arguments_.read_string(next_double_word()).c_str()); break;
      default: print_double(host_format, conversion, begin); break;
    }
  }

  Conversion parse_conversion() {
    Conversion conversion;
    while (is_next_one_of(kFlagsAndWidth)) {
      const char c = format_[position_++];
      if (c == '*') {
        conversion.flags += std::to_string(static_cast<int32_t>(next_word()));
      } else {
        conversion.flags += c;
      }
    }
    while (is_next_one_of(kLengths)) conversion.is_long |= format_[position_++] != 'h';
    if (position_ < format_.size()) conversion.letter = format_[position_++];
    return conversion;
  }

  bool is_next_one_of(std::string_view set) const {
    return position_ < format_.size() && set.find(format_[position_]) != std::string_view::npos;
  }

  void print_signed(const std::string& host_format, const Conversion& conversion) {
    const auto value = conversion.is_long ? static_cast<long long>(next_double_word())
                                          : static_cast<int32_t>(next_word());
    print(host_format + "lld", static_cast<long long>(value));
  }

  void print_double(const std::string& host_format, const Conversion& conversion, size_t begin) {
    constexpr std::string_view kLetters = "aAeEfFgG";
    if (conversion.letter == 0 || kLetters.find(conversion.letter) == std::string_view::npos) {
      result_.text += format_.substr(begin, position_ - begin);
      return;
    }
    print(host_format + conversion.letter, std::bit_cast<double>(next_double_word()));
  }

  template <typename Value>
  void print(const std::string& host_format, Value value) {
    const int length = std::snprintf(nullptr, 0, host_format.c_str(), value);
    std::vector<char> text(static_cast<size_t>(length < 0 ? 0 : length) + 1);
    std::snprintf(text.data(), text.size(), host_format.c_str(), value);
    result_.text += text.data();
  }

  uint32_t next_word() {
    const uint32_t value = arguments_.read_word(offset_);
    offset_ += sizeof(value);
    ++result_.num_arguments;
    return value;
  }
  uint64_t next_double_word() {
    offset_ = (offset_ + 7) / 8 * 8;
    const uint64_t value = arguments_.read_double_word(offset_);
    offset_ += sizeof(value);
    ++result_.num_arguments;
    return value;
  }

  std::string_view format_;
  const PrintArguments& arguments_;
  size_t position_ = 0;
  uint64_t offset_ = 0;
  FormattedText result_;
};

}  // namespace

FormattedText format_text(const std::string& format, const PrintArguments& arguments) {
  return Formatter(format, arguments).run();
}

}  // namespace emulator
