// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "emulator/check/vector_clock.h"

namespace emulator::check {

// How far an access is ordered by its scope; a wider scope is a larger number.
enum class Scope : uint8_t { kCta, kCluster, kGpu };

// One access as the shadow of memory remembers it.
struct Record {
  Time time = 0;
  LaneMask lanes = 0;
  uint32_t site = 0;  // index of the instruction in the program
  Agent agent = 0;
  uint8_t bytes = 0;  // which bytes of the cell; none: no record
  Scope scope = Scope::kCta;
  uint16_t is_write : 1 = 0;
  uint16_t is_strong : 1 = 0;  // atomic, relaxed, volatile, acquire or release
  uint16_t is_async : 1 = 0;   // made through the async proxy
};

inline constexpr uint32_t kCellBytes = 4;

// How an older access stands to a new one that overlaps it.
enum class Relation : uint8_t {
  kOrdered,   // it happened before
  kHarmless,  // it may come at any time, for example because both are atomic
  kConflict,
};

// What is remembered of 4 bytes: accesses that a later one may have to be ordered after.
class Cell {
 public:
  // Adds an access. Returns an older one that conflicts with it, or null; relation_to(record) says
  // how an overlapping record stands to the access, of which at least one is a write.
  template <typename RelationTo>
  const Record* add(const Record& access, RelationTo&& relation_to) {
    if (reads_again(access)) {
      read_ = access;
      return nullptr;
    }
    Record* place = nullptr;  // where the access goes: to what it repeats, or to a free place
    const auto meet = [&](Record& old) -> const Record* {
      const bool joins = repeats(old, access) || can_merge(old, access);
      const Record* conflict = joins ? nullptr : visit(old, access, relation_to);
      if (joins || (old.bytes == 0 && !place)) place = &old;
      return conflict;
    };
    if (const Record* conflict = meet(access.is_write ? write_ : read_)) return conflict;
    if (const Record* conflict = meet_other(access, relation_to)) return conflict;
    if (more_) {
      for (Record& record : *more_) {
        if (const Record* conflict = meet(record)) return conflict;
      }
    }
    put(place ? *place : new_place(), access);
    return nullptr;
  }

 private:
  // Beyond this many the oldest is forgotten.
  static constexpr size_t kMaxRecords = 256;

  template <typename RelationTo>
  const Record* meet_other(const Record& access, RelationTo&& relation_to) {
    return visit(access.is_write ? read_ : write_, access, relation_to);
  }

  // Checks the access against an older one and drops what it makes superfluous: a later access
  // that is ordered after the new one is ordered after the old one as well.
  template <typename RelationTo>
  static const Record* visit(Record& old, const Record& access, RelationTo&& relation_to) {
    if ((old.bytes & access.bytes) == 0) return nullptr;
    if (access.is_write || old.is_write) {
      const Relation relation = relation_to(old);
      if (relation == Relation::kConflict) return &old;
      if (access.is_write && relation == Relation::kOrdered)
        old.bytes = static_cast<uint8_t>(old.bytes & ~access.bytes);
    } else if (old.agent == access.agent && (old.bytes & ~access.bytes) == 0) {
      old.lanes &= ~access.lanes;
      if (old.lanes == 0) old.bytes = 0;
    }
    return nullptr;
  }

  // The same lanes read the same bytes again: they know no less than before, and a write that came
  // between has taken the place of the first read or was compared with it.
  bool reads_again(const Record& access) const {
    return repeats(read_, access) && !access.is_strong && !read_.is_strong && !access.is_async;
  }
  static bool repeats(const Record& old, const Record& access) {
    return !access.is_write && !old.is_write && old.agent == access.agent &&
           old.lanes == access.lanes && old.bytes == access.bytes;
  }
  // Lanes that make the same access in the same instruction share a record.
  static bool can_merge(const Record& old, const Record& access) {
    return old.agent == access.agent && old.time == access.time && old.bytes == access.bytes &&
           old.is_write == access.is_write && old.site == access.site;
  }

  static void put(Record& place, const Record& access) {
    const LaneMask others = can_merge(place, access) ? place.lanes : 0;
    place = access;
    place.lanes |= others;
  }
  Record& new_place() {
    if (!more_) more_ = std::make_unique<std::vector<Record>>();
    if (more_->size() == kMaxRecords) more_->erase(more_->begin());
    return more_->emplace_back();
  }

  Record write_;
  Record read_;
  std::unique_ptr<std::vector<Record>> more_;
};

// The cells of a piece of memory, made page by page as it is used.
class Shadow {
 public:
  Cell& cell(uint64_t index) {
    const uint64_t page = index / kPageCells;
    Recent& recent = recent_[page % kNumRecent];
    if (page != recent.page) {
      auto& cells = pages_[page];
      if (!cells) cells = std::make_unique<Cell[]>(kPageCells);
      recent = {page, cells.get()};
    }
    return recent.cells[index % kPageCells];
  }

 private:
  static constexpr uint64_t kPageCells = 1024;
  static constexpr uint64_t kNumRecent = 16;

  struct Recent {
    uint64_t page = ~uint64_t{0};
    Cell* cells = nullptr;
  };

  std::unordered_map<uint64_t, std::unique_ptr<Cell[]>> pages_;
  std::array<Recent, kNumRecent> recent_;  // an access often goes where one before it went
};

}  // namespace emulator::check
