// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/libcuda/image.h"

#include <cstdlib>
#include <cstring>

namespace emulator::libcuda {
namespace {

constexpr uint32_t kElfMagic = 0x464c457f;
constexpr uint32_t kWrapperMagic = 0x466243b1;
constexpr uint32_t kFatBinaryMagic = 0xba55ed50;
constexpr uint16_t kPtxEntry = 1;

struct Wrapper {
  uint32_t magic;
  uint32_t version;
  const void* data;
};

struct FatBinaryHeader {
  uint32_t magic;
  uint16_t version;
  uint16_t header_bytes;
  uint64_t payload_bytes;
};

struct EntryHeader {
  uint16_t kind;
  uint16_t version;
  uint32_t header_bytes;
  uint64_t payload_bytes;
};

template <typename T>
T read(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// The word behind ".target", without options.
std::string target_of(const std::string& text) {
  const size_t place = text.find(".target");
  if (place == std::string::npos) return {};
  const size_t begin = text.find_first_not_of(" \t", place + std::strlen(".target"));
  return text.substr(begin, text.find_first_of(", \t\r\n", begin) - begin);
}

CUresult extract_from_fat_binary(const uint8_t* bytes, const std::string& device_target,
                                 std::string& text) {
  const auto header = read<FatBinaryHeader>(bytes);
  const uint8_t* entry = bytes + header.header_bytes;
  const uint8_t* end = entry + header.payload_bytes;
  while (entry + sizeof(EntryHeader) <= end) {
    const auto entry_header = read<EntryHeader>(entry);
    const auto* payload = reinterpret_cast<const char*>(entry + entry_header.header_bytes);
    if (entry_header.kind == kPtxEntry) {
      const std::string candidate(payload, strnlen(payload, entry_header.payload_bytes));
      if (runs_on(target_of(candidate), device_target)) {
        text = candidate;
        return kSuccess;
      }
    }
    entry += entry_header.header_bytes + entry_header.payload_bytes;
  }
  return kErrorNoBinaryForGpu;
}

}  // namespace

bool runs_on(const std::string& ptx_target, const std::string& device_target) {
  if (!ptx_target.starts_with("sm_")) return false;
  char* suffix = nullptr;
  const long wanted = std::strtol(ptx_target.c_str() + 3, &suffix, 10);
  const long present = std::strtol(device_target.c_str() + 3, nullptr, 10);
  if (*suffix == 'a') return wanted == present;
  if (*suffix == 'f') return wanted / 10 == present / 10 && wanted <= present;
  return wanted <= present;
}

CUresult extract_ptx(const void* image, const std::string& device_target, std::string& text) {
  if (!image) return kErrorInvalidValue;
  const auto* bytes = static_cast<const uint8_t*>(image);
  const auto magic = read<uint32_t>(bytes);
  if (magic == kElfMagic) return kErrorNoBinaryForGpu;
  if (magic == kWrapperMagic) return extract_ptx(read<Wrapper>(bytes).data, device_target, text);
  if (magic == kFatBinaryMagic) return extract_from_fat_binary(bytes, device_target, text);
  text = static_cast<const char*>(image);
  const std::string target = target_of(text);
  if (target.empty()) return kErrorInvalidImage;
  return runs_on(target, device_target) ? kSuccess : kErrorNoBinaryForGpu;
}

}  // namespace emulator::libcuda
