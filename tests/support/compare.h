// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include "support/host_tensor.h"
#include "support/tolerance.h"

// Comparison with a reference: a mismatch says where, what was got and what was expected.
namespace mla::test {

testing::AssertionResult agrees(const HostTensor& got, const Expected& expected);

// Bit for bit; any NaN equals any NaN.
testing::AssertionResult same_bits(const HostTensor& got, const HostTensor& expected);

}  // namespace mla::test
