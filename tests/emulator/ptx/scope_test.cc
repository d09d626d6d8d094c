// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#include "emulator/ptx/scope.h"

#include <gtest/gtest.h>

namespace emulator::ptx {
namespace {

TEST(ScopeTree, InnermostDeclarationWins) {
  ScopeTree scopes;
  scopes.declare("P1", {Named::Kind::kRegister, 1});
  scopes.enter();
  scopes.declare("P1", {Named::Kind::kRegister, 2});
  EXPECT_EQ(scopes.find("P1")->index, 2u);
  scopes.leave();
  EXPECT_EQ(scopes.find("P1")->index, 1u);
}

TEST(ScopeTree, RangesNameRegistersByNumber) {
  ScopeTree scopes;
  scopes.declare_range("%r", 10, 3);
  EXPECT_EQ(scopes.find("%r2")->index, 12u);
  EXPECT_FALSE(scopes.find("%r3"));
  EXPECT_FALSE(scopes.find("%r02"));
  EXPECT_FALSE(scopes.find("%r"));
}

TEST(ScopeTree, ALabelMayComeAfterItsBranch) {
  ScopeTree scopes;
  scopes.enter();
  const int branch = scopes.current();
  scopes.declare_label("DONE", 7);
  scopes.leave();
  scopes.enter();
  const int other = scopes.current();
  EXPECT_EQ(scopes.find_label("DONE", branch), 7u);
  EXPECT_FALSE(scopes.find_label("DONE", other));
}

}  // namespace
}  // namespace emulator::ptx
