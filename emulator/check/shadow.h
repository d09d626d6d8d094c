// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

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
  uint32_t agent : 22 = 0;
  uint32_t bytes : 4 = 0;  // which bytes of the cell; none: no record
  uint32_t is_write : 1 = 0;
  uint32_t is_strong : 1 = 0;  // atomic, relaxed, volatile, acquire or release
  uint32_t scope : 2 = 0;
  uint32_t is_async : 1 = 0;  // made through the async proxy
};

inline constexpr uint32_t kCellBytes = 4;
inline constexpr Agent kAgentMask = (1u << 22) - 1;

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
    bool is_placed = false;
    const auto meet = [&](Record& old) -> const Record* {
      if (!repeats(old, access)) return visit(old, access, relation_to);
      old = access;
      is_placed = true;
      return nullptr;
    };
    if (const Record* conflict = meet(write_)) return conflict;
    if (const Record* conflict = meet(read_)) return conflict;
    if (more_) {
      for (Record& record : *more_) {
        if (const Record* conflict = meet(record)) return conflict;
      }
    }
    if (!is_placed) insert(access);
    return nullptr;
  }

 private:
  // Beyond this many the oldest is forgotten.
  static constexpr size_t kMaxRecords = 256;

  // Checks the access against an older one and drops what it makes superfluous: a later access
  // that is ordered after the new one is ordered after the old one as well.
  template <typename RelationTo>
  static const Record* visit(Record& old, const Record& access, RelationTo&& relation_to) {
    if ((old.bytes & access.bytes) == 0) return nullptr;
    if (access.is_write || old.is_write) {
      const Relation relation = relation_to(old);
      if (relation == Relation::kConflict) return &old;
      if (access.is_write && relation == Relation::kOrdered) old.bytes &= ~access.bytes;
    } else if (old.agent == access.agent && (old.bytes & ~access.bytes) == 0) {
      old.lanes &= ~access.lanes;
      if (old.lanes == 0) old.bytes = 0;
    }
    return nullptr;
  }

  // The same lanes read the same bytes again: the usual case, for which the place is kept.
  static bool repeats(const Record& old, const Record& access) {
    return !access.is_write && !old.is_write && old.agent == access.agent &&
           old.lanes == access.lanes && old.bytes == access.bytes;
  }

  void insert(const Record& access) {
    if (more_) drop_empty();
    Record& slot = access.is_write ? write_ : read_;
    if (slot.bytes == 0 || can_merge(slot, access)) return put(slot, access);
    if (!more_) more_ = std::make_unique<std::vector<Record>>();
    for (Record& record : *more_) {
      if (can_merge(record, access)) return put(record, access);
    }
    if (more_->size() == kMaxRecords) more_->erase(more_->begin());
    more_->push_back(access);
  }

  void drop_empty() {
    std::erase_if(*more_, [](const Record& record) { return record.bytes == 0; });
    if (more_->empty()) more_.reset();
  }

  // Lanes that make the same access in the same instruction share a record.
  static bool can_merge(const Record& old, const Record& access) {
    return old.agent == access.agent && old.time == access.time && old.bytes == access.bytes &&
           old.is_write == access.is_write && old.site == access.site;
  }
  static void put(Record& slot, const Record& access) {
    const LaneMask others = slot.bytes == 0 ? 0 : slot.lanes;
    slot = access;
    slot.lanes |= others;
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
    if (page != recent_page_) {
      auto& cells = pages_[page];
      if (!cells) cells = std::make_unique<Cell[]>(kPageCells);
      recent_ = cells.get();
      recent_page_ = page;
    }
    return recent_[index % kPageCells];
  }

 private:
  static constexpr uint64_t kPageCells = 1024;

  std::unordered_map<uint64_t, std::unique_ptr<Cell[]>> pages_;
  uint64_t recent_page_ = ~uint64_t{0};
  Cell* recent_ = nullptr;
};

}  // namespace emulator::check
