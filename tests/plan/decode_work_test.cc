// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "device/abi/decode_work.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace mla {
namespace {

// The line of a batch: where each request begins, and its key tiles.
struct Line {
  std::vector<long long> num_tiles;
  std::vector<long long> begins;
  long long total_units = 0;

  explicit Line(std::vector<long long> tiles) : num_tiles(std::move(tiles)) {
    for (const long long count : num_tiles) {
      begins.push_back(total_units);
      total_units += request_units(count);
    }
  }
  std::size_t size() const { return num_tiles.size(); }
};

using PieceOfRequest = DecodePiece (*)(long long, long long, long long, long long);

// What all workers together do, seen from the requests.
struct Tally {
  std::vector<long long>
      next_tile;  // tiles are taken in order, so that a count shows holes and overlaps
  std::vector<int> num_heads;
  std::vector<int> num_pieces;
  std::vector<bool> is_marked_split;
};

// Walks the workers in order; checks what must hold for each of them on the way.
Tally tally_workers(const Line& line, long long num_workers, PieceOfRequest piece_of) {
  Tally tally = {std::vector<long long>(line.size()), std::vector<int>(line.size()),
                 std::vector<int>(line.size()), std::vector<bool>(line.size())};
  for (long long worker = 0; worker < num_workers; ++worker) {
    const long long begin = worker_begin(worker, num_workers, line.total_units);
    const long long end = worker_begin(worker + 1, num_workers, line.total_units);
    // The requests that a stretch may touch are found by bisection, so that 100k of them are quick.
    auto first = std::ranges::upper_bound(line.begins, begin) - line.begins.begin();
    first = std::max<std::ptrdiff_t>(first - 1, 0);
    int num_rests = 0;
    for (std::size_t r = first; r < line.size() && line.begins[r] <= end; ++r) {
      const DecodePiece piece = piece_of(begin, end, line.begins[r], line.num_tiles[r]);
      if (!piece.exists) continue;
      EXPECT_EQ(piece.tile_begin, tally.next_tile[r]) << "request " << r << ", worker " << worker;
      EXPECT_GE(piece.tile_end, piece.tile_begin);
      tally.next_tile[r] = piece.tile_end;
      tally.num_heads[r] += piece.is_head;
      tally.num_pieces[r] += 1;
      tally.is_marked_split[r] = tally.is_marked_split[r] || piece.is_split;
      num_rests += !piece.is_head;
      EXPECT_TRUE(piece.is_head || (piece.tile_end > piece.tile_begin && piece.is_split));
      EXPECT_TRUE(piece.tile_end > 0 || line.num_tiles[r] == 0);
      EXPECT_TRUE(piece.is_head || worker > 0);
    }
    EXPECT_LE(num_rests, 1) << "worker " << worker;
  }
  return tally;
}

void expect_exact_cover(const Line& line, long long num_workers, PieceOfRequest piece_of) {
  const Tally tally = tally_workers(line, num_workers, piece_of);
  EXPECT_EQ(tally.next_tile, line.num_tiles);
  for (std::size_t r = 0; r < line.size(); ++r) {
    EXPECT_EQ(tally.num_heads[r], 1) << "request " << r;
    EXPECT_EQ(tally.is_marked_split[r], tally.num_pieces[r] > 1) << "request " << r;
    EXPECT_TRUE(tally.num_pieces[r] == 1 || piece_of != whole_piece_of_request);
  }
}

void expect_balance(const Line& line, long long num_workers) {
  for (long long worker = 0; worker < num_workers; ++worker) {
    const long long units = worker_begin(worker + 1, num_workers, line.total_units) -
                            worker_begin(worker, num_workers, line.total_units);
    EXPECT_GE(units, line.total_units / num_workers);
    EXPECT_LE(units, line.total_units / num_workers + 1);
  }
  EXPECT_EQ(worker_begin(0, num_workers, line.total_units), 0);
  EXPECT_EQ(worker_begin(num_workers, num_workers, line.total_units), line.total_units);
}

void expect_owners(const Line& line, long long num_workers, long long step) {
  for (long long unit = 0; unit < line.total_units; unit += step) {
    const long long worker = worker_of_unit(unit, num_workers, line.total_units);
    ASSERT_LE(worker_begin(worker, num_workers, line.total_units), unit);
    ASSERT_GT(worker_begin(worker + 1, num_workers, line.total_units), unit);
  }
}

void expect_all(const Line& line, long long num_workers) {
  SCOPED_TRACE(std::to_string(line.size()) + " requests, " + std::to_string(line.total_units) +
               " units, " + std::to_string(num_workers) + " workers");
  expect_balance(line, num_workers);
  expect_owners(line, num_workers, std::max<long long>(line.total_units / 5000, 1));
  expect_exact_cover(line, num_workers, piece_of_request);
  expect_exact_cover(line, num_workers, whole_piece_of_request);
}

TEST(DecodeWork, CoversRandomBatchesExactly) {
  std::mt19937_64 random(20260101);
  const auto up_to = [&](long long most) {
    return std::uniform_int_distribution<long long>(0, most)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    const long long longest = 1LL << up_to(8);
    std::vector<long long> tiles(1 + up_to(40));
    for (long long& count : tiles) count = up_to(3) == 0 ? 0 : up_to(longest);
    expect_all(Line(tiles), 1 + up_to(up_to(1) == 0 ? 4 : 300));
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST(DecodeWork, CoversHugeBatches) {
  std::mt19937 random(7);
  std::vector<long long> tiles(100'000);
  for (long long& count : tiles) count = random() % 40;
  expect_all(Line(tiles), 132);
  expect_all(Line(std::vector<long long>(100'000, 0)), 148);
  expect_all(Line(std::vector<long long>(3, 30'000'000'000)), 4096);
}

TEST(DecodeWork, CoversFewUnitsWithManyWorkers) {
  expect_all(Line({0}), 132);
  expect_all(Line({1}), 132);
  expect_all(Line({0, 0, 2, 0}), 132);
  expect_all(Line(std::vector<long long>(20, 0)), 19);
}

TEST(DecodeWork, AnEmptyBatchGivesNobodyWork) {
  for (long long worker = 0; worker <= 132; ++worker) EXPECT_EQ(worker_begin(worker, 132, 0), 0);
}

// A head waits for workers above its own alone: one that runs them one after another, from the last
// to the first, finds every rest piece done.
TEST(DecodeWork, DescendingWorkersNeverWait) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<long long> tiles(1 + random() % 9);
    for (long long& count : tiles) count = random() % 60;
    const Line line(tiles);
    const long long num_workers = 1 + random() % 40;
    std::vector<long long> num_done(line.size(), 0);
    for (long long worker = num_workers - 1; worker >= 0; --worker) {
      const long long begin = worker_begin(worker, num_workers, line.total_units);
      const long long end = worker_begin(worker + 1, num_workers, line.total_units);
      for (std::size_t r = 0; r < line.size(); ++r) {
        const DecodePiece piece = piece_of_request(begin, end, line.begins[r], line.num_tiles[r]);
        EXPECT_TRUE(!piece.is_head || num_done[r] == line.num_tiles[r] - piece.tile_end);
        if (piece.exists) num_done[r] += piece.tile_end - piece.tile_begin;
      }
    }
    EXPECT_EQ(num_done, line.num_tiles);
  }
}

TEST(DecodeWork, CountsKeyTiles) {
  EXPECT_EQ(num_key_tiles(0, 64), 0);
  EXPECT_EQ(num_key_tiles(1, 64), 1);
  EXPECT_EQ(num_key_tiles(64, 64), 1);
  EXPECT_EQ(num_key_tiles(65, 64), 2);
  EXPECT_EQ(num_key_tiles(2'147'483'647, 64), 33'554'432);
}

}  // namespace
}  // namespace mla
