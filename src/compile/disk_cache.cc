// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "compile/disk_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <string_view>

#include "compile/content_hash.h"

namespace mla::compile {
namespace {

namespace fs = std::filesystem;

// An entry: the magic, the hash of the rest, and four texts, each after its length.
constexpr std::string_view kMagic = "tokenspeed-mla kernel 1\n";
constexpr std::size_t kHashSize = 32;

void append(std::string& entry, std::string_view text) {
  const std::uint64_t size = text.size();
  entry.append(reinterpret_cast<const char*>(&size), sizeof(size));
  entry.append(text);
}

// Takes the first text off `rest`. The entry's hash was checked, so lengths are right.
std::string take(std::string_view& rest) {
  std::uint64_t size = 0;
  std::memcpy(&size, rest.data(), sizeof(size));
  std::string text(rest.substr(sizeof(size), size));
  rest.remove_prefix(sizeof(size) + size);
  return text;
}

std::string entry_text(const CacheKey& key, const KernelImage& image) {
  std::string body;
  for (const std::string* text : {&key.text, &key.compiler, &image.symbol, &image.code}) {
    append(body, *text);
  }
  return std::string(kMagic) + content_hash(body) + body;
}

bool write_synced(const fs::path& file, std::string_view content) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor < 0) return false;
  std::string_view rest = content;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor, rest.data(), rest.size());
    if (written <= 0) break;
    rest.remove_prefix(std::size_t(written));
  }
  const bool is_synced = rest.empty() && fsync(descriptor) == 0;
  return close(descriptor) == 0 && is_synced;
}

// A name beside `file` that no other thread or process uses.
fs::path temporary_file(const fs::path& file) {
  static std::atomic<unsigned> counter = 0;
  return file.string() + "." + std::to_string(getpid()) + "." + std::to_string(counter++) + ".new";
}

}  // namespace

fs::path DiskCache::file(const CacheKey& key) const {
  return folder_ / (content_hash(key.text) + ".kernel");
}

std::optional<KernelImage> DiskCache::load(const CacheKey& key) const {
  std::ifstream stream(file(key), std::ios::binary);
  if (!stream) return std::nullopt;
  const std::string entry(std::istreambuf_iterator<char>(stream), {});
  std::string_view rest = entry;
  if (!rest.starts_with(kMagic) || rest.size() < kMagic.size() + kHashSize) return std::nullopt;
  rest.remove_prefix(kMagic.size());
  const std::string_view hash = rest.substr(0, kHashSize);
  rest.remove_prefix(kHashSize);
  if (content_hash(rest) != hash) return std::nullopt;

  const std::string text = take(rest);
  const std::string compiler = take(rest);
  const bool is_compiler_right = key.compiler.empty() || key.compiler == compiler;
  if (text != key.text || !is_compiler_right) return std::nullopt;
  std::string symbol = take(rest);
  return KernelImage{.symbol = std::move(symbol), .code = take(rest), .origin = Origin::kDiskCache};
}

bool DiskCache::store(const CacheKey& key, const KernelImage& image) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  const fs::path place = file(key);
  const fs::path temporary = temporary_file(place);
  bool is_stored = write_synced(temporary, entry_text(key, image));
  if (is_stored) {
    fs::rename(temporary, place, error);
    is_stored = !error;
  }
  if (!is_stored) fs::remove(temporary, error);
  return is_stored;
}

fs::path default_cache_folder() {
  if (const char* folder = std::getenv("TOKENSPEED_MLA_CACHE_DIR"); folder && *folder)
    return folder;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) {
    return fs::path(cache) / "tokenspeed_mla";
  }
  if (const char* home = std::getenv("HOME"); home && *home) {
    return fs::path(home) / ".cache" / "tokenspeed_mla";
  }
  return fs::temp_directory_path() / ("tokenspeed_mla_" + std::to_string(getuid()));
}

}  // namespace mla::compile
