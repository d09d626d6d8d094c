// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "driver/error_of.h"
#include "driver/fake_driver.h"

namespace mla::testing {

// Tests against the fake driver, whose state is fresh in each.
class DriverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    void* library = dlopen(MLA_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    fake_ = reinterpret_cast<FakeDriver* (*)()>(dlsym(library, "fake_driver"))();
    *fake_ = FakeDriver{};
  }

  FakeDriver& fake() { return *fake_; }

 private:
  FakeDriver* fake_ = nullptr;
};

}  // namespace mla::testing
