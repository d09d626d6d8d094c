// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mla::compile {

// 128-bit FNV-1a as 32 hexadecimal digits: names cache entries and finds damaged ones. Not meant to
// withstand somebody who wants two texts to collide.
inline std::string content_hash(std::string_view content) {
  __extension__ using Hash = unsigned __int128;
  constexpr Hash kBasis = (Hash(0x6c62272e07bb0142) << 64) | 0x62b821756295c58d;
  constexpr Hash kPrime = (Hash(1) << 88) | 0x13b;
  Hash hash = kBasis;
  for (const char byte : content) hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;

  std::string digits(32, '0');
  for (int i = 31; i >= 0; --i, hash >>= 4) digits[i] = "0123456789abcdef"[unsigned(hash) & 15];
  return digits;
}

}  // namespace mla::compile
