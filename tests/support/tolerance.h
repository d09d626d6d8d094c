// SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "mla/lse.h"
#include "support/reference.h"

// How far a result may be from double, derived from the precision it was computed in.
//
// Rounding the probabilities and the output to their dtypes is repeated exactly on the reference; a
// result may be twice as far off as that, row by row. float32 arithmetic (unit roundoff u = 2^-24)
// errs like a random walk: a score by d = u (sqrt(d_qk) score_size + kExpUlps); an output by d
// times the standard deviation of the values under the probabilities, plus sqrt(keys) u times their
// root mean square; a log-sum-exp by d and its own rounding. A tensor core that cuts its running
// sum off, always towards zero, adds that to a score at every step of 32 products, and to an output
// twice. FP8 probabilities relative to another maximum than the reference's, or of scores that were
// cut off, round differently, and so coarsely that the worst would allow anything where many keys
// are averaged: their roundings (relative, of each key) are taken as independent.
namespace mla::test {

// Exact values, a bound for each, and one for the direction of the whole.
struct Expected {
  Shape shape;
  std::vector<double> values;
  std::vector<double> bounds;
  double cosine_bound = 1;
};

struct ExpectedAttention {
  Expected out;
  Expected lse;
};

ExpectedAttention expected_attention(const Attention& attention, DType out_dtype, std::int64_t d_qk,
                                     LseBase base, double sum_cutoff = 0, double inner_rounding = 0,
                                     double probability_rounding = 0);

// A merge's results; `largest` is the largest |partial out| at each element, `lse` natural.
ExpectedAttention expected_merge(const Shape& shape, const std::vector<double>& out,
                                 const std::vector<double>& lse, const std::vector<double>& largest,
                                 DType out_dtype, LseBase base);

// For a merge of parts that were each computed, rounded and stored on their own.
ExpectedAttention combine_parts(ExpectedAttention whole,
                                const std::vector<ExpectedAttention>& parts);

// 1 - cos of the angle between two vectors; 0 when either is zero.
double cosine_difference(const std::vector<double>& left, const std::vector<double>& right);

double units(LseBase base);  // of this base in one natural unit

}  // namespace mla::test
