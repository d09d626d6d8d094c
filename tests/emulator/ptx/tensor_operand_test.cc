// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "emulator/ptx/parser.h"
#include "emulator/report.h"

namespace emulator::ptx {
namespace {

// What is wrong with a load that has these operands, or an empty string.
std::string problem_of(const std::string& modifiers, const std::string& operands) {
  const std::string text =
      ".version 9.0\n.target sm_100a\n.address_size 64\n.visible .entry k()\n{\n"
      ".reg .b64 %rd<4>;\n.reg .b32 %r<9>;\n.reg .b16 %h<2>;\ncp.async.bulk.tensor." +
      modifiers + ".shared::cluster.global.mbarrier::complete_tx::bytes " + operands +
      ";\nret;\n}\n";
  try {
    load_module(text);
    return {};
  } catch (const LoadError& error) {
    const std::string& message = error.diagnostics().front().message;
    return message.substr(message.find(": ") + 2);
  }
}

TEST(TensorOperands, HaveAsManyCoordinatesAsTheTensorHasDimensions) {
  EXPECT_EQ(problem_of("2d", "[%r0], [%rd1, {%r1, -5}], [%r2]"), "");
  EXPECT_EQ(problem_of("5d.tile", "[%r0], [%rd1, {%r1, %r1, %r1, 1, 0}], [%r2]"), "");
  EXPECT_EQ(problem_of("2d", "[%r0], [%rd1, {%r1, %r2, %r3}], [%r2]"),
            "expected 2 coordinates, got 3");
  EXPECT_EQ(problem_of("3d", "[%r0], [%rd1, {%r1}], [%r2]"), "expected 3 coordinates, got 1");
  EXPECT_EQ(problem_of("1d", "[%r0], [%rd1, %r1], [%r2]"), "expected 1 coordinates, got 0");
}

TEST(TensorOperands, OfFourRowsAreAColumnAndTheRows) {
  EXPECT_EQ(problem_of("2d.tile::gather4", "[%r0], [%rd1, {%r1, 1, 2, 3, 4}], [%r2]"), "");
  EXPECT_EQ(problem_of("2d.tile::gather4", "[%r0], [%rd1, {%r1, 1}], [%r2]"),
            "expected 5 coordinates, got 2");
}

TEST(TensorOperands, AreAMapAndNumbersOf32Bits) {
  EXPECT_EQ(problem_of("1d", "[%r0], [%rd1], [%r2]"), "expected a tensor map and its coordinates");
  EXPECT_EQ(problem_of("1d", "[%r0], [%rd1, {%rd2}], [%r2]"), "a coordinate must have 32 bits");
  EXPECT_EQ(problem_of("1d", "[%r0, {%r1}], [%rd1, {%r1}], [%r2]"),
            "expected an address with one part");
}

TEST(TensorOperands, EndWithTheMaskAndThePolicyThatModifiersAskFor) {
  EXPECT_EQ(problem_of("1d.multicast::cluster", "[%r0], [%rd1, {%r1}], [%r2], %h1"), "");
  EXPECT_EQ(problem_of("1d.multicast::cluster", "[%r0], [%rd1, {%r1}], [%r2]"), "too few operands");
  EXPECT_EQ(problem_of("1d.L2::cache_hint", "[%r0], [%rd1, {%r1}], [%r2], %rd2"), "");
  EXPECT_EQ(problem_of("1d.L2::cache_hint", "[%r0], [%rd1, {%r1}], [%r2]"),
            ".L2::cache_hint needs a cache policy");
  EXPECT_EQ(problem_of("1d", "[%r0], [%rd1, {%r1}], [%r2], %rd2"),
            "a cache policy needs .L2::cache_hint");
}

}  // namespace
}  // namespace emulator::ptx
