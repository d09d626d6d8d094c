# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""How far a result may be from float64, derived from the precision it was computed in.

The error of an attention output has two sources.

* Rounding of the probabilities and of the output to their dtypes. `reference` repeats it exactly on
  float64 values; a result may be twice as far from float64 as that, row by row.
* float32 arithmetic, with unit roundoff u = 2^-24 and rounding errors that add up like a random
  walk: a dot product of n terms errs by sqrt(n) u times the product of the norms, so a score by
  d = u (sqrt(d_qk) score_size + EXP_ULPS). Scores off by d move an output element by at most d
  times the mean distance of the values from it, which is at most their standard deviation under
  the probabilities; the sum over n keys adds sqrt(n) u times their root mean square.

The log-sum-exp moves by d, by the rounding of the sum and of its own float32.

A tensor core that cuts its running sum off, always towards zero (`sum_cutoff`, relative), adds that
to a score at every step of 32 products, and to an output twice. Roundings on the way that the
reference does not repeat (`inner_rounding`, relative: probabilities relative to another maximum,
partial results) add at worst that share of the root mean square of the values. FP8 probabilities
are so coarse that the worst would allow anything where many keys are averaged: their roundings
(`probability_rounding`, relative, of each key) are taken as independent.
"""

import math
from dataclasses import dataclass

import torch

from .reference import Attention

UNIT_ROUNDOFF = 2.0**-24
EXP_ULPS = 16  # what an exponential and the merge of partial results may lose, in units of u
PRODUCTS_PER_STEP = 32  # of a tensor core's FP8 instruction
ROUNDING_FACTOR = 2.0  # against the error of the same-precision reference


@dataclass
class Expected:
    """Exact values (float64), a bound for each, and one for the direction of the whole."""

    values: torch.Tensor
    bounds: torch.Tensor
    cosine_bound: float = 1.0


def expected_out(
    attention: Attention,
    out_dtype: torch.dtype,
    d_qk: int,
    sum_cutoff: float = 0.0,
    inner_rounding: float = 0.0,
    probability_rounding: float = 0.0,
) -> Expected:
    """The output and its bounds, for a result that is stored as `out_dtype`."""
    exact = attention.out
    same_precision = attention.rounded_out.to(out_dtype).double()
    rounding = (same_precision - exact).abs().amax(-1, keepdim=True)
    float32 = _arithmetic_error(attention, d_qk, sum_cutoff)
    float32 += inner_rounding * attention.second_moment.sqrt()
    float32 += ROUNDING_FACTOR * probability_rounding * attention.rounding_walk
    cosine_bound = ROUNDING_FACTOR * cosine_difference(same_precision, exact)
    cosine_bound += _energy_ratio(float32, exact)
    return Expected(exact, ROUNDING_FACTOR * rounding + float32, cosine_bound)


def expected_lse(attention: Attention, d_qk: int, base: str, sum_cutoff: float = 0.0) -> Expected:
    """The log-sum-exp in base "2" or "e" and its bounds."""
    unit = math.log2(math.e) if base == "2" else 1.0
    lse = attention.lse * unit
    size = torch.where(attention.lse == -math.inf, 0.0, attention.lse.abs())
    sums = UNIT_ROUNDOFF * (attention.num_keys.double().sqrt() + 2 * size)
    return Expected(lse, unit * (_score_error(attention, d_qk, sum_cutoff) + sums))


def _score_error(attention: Attention, d_qk: int, sum_cutoff: float) -> torch.Tensor:
    float32 = UNIT_ROUNDOFF * (math.sqrt(d_qk) * attention.score_size + EXP_ULPS)
    return float32 + sum_cutoff * math.ceil(d_qk / PRODUCTS_PER_STEP) * attention.score_size


def _arithmetic_error(attention: Attention, d_qk: int, sum_cutoff: float) -> torch.Tensor:
    variance = (attention.second_moment - attention.out.square()).clamp(min=0.0)
    walk = UNIT_ROUNDOFF * attention.num_keys.double().sqrt()[..., None] + 2 * sum_cutoff
    scores = _score_error(attention, d_qk, sum_cutoff)[..., None]
    return scores * variance.sqrt() + walk * attention.second_moment.sqrt()


def expected_merge(
    out: torch.Tensor, lse: torch.Tensor, largest: torch.Tensor, dtype: torch.dtype, base: str
) -> tuple[Expected, Expected]:
    """(out, lse) of a merge; lse natural, `largest` the largest |partial out| at each element.

    A weight errs as its exponent does, by the rounding of the lse it is made from; such errors move
    an output by at most twice the largest value that is averaged.
    """
    unit = math.log2(math.e) if base == "2" else 1.0
    size = torch.where(lse == -math.inf, 0.0, lse.abs())
    score = UNIT_ROUNDOFF * (2 * size + EXP_ULPS)
    rounded = out.to(dtype).double()
    rounding = (rounded - out).abs().amax(-1, keepdim=True)
    float32 = 2 * score[..., None] * largest
    cosine_bound = ROUNDING_FACTOR * cosine_difference(rounded, out) + _energy_ratio(float32, out)
    bounds = ROUNDING_FACTOR * rounding + float32
    return Expected(out, bounds, cosine_bound), Expected(lse * unit, unit * score)


def cosine_difference(got: torch.Tensor, exact: torch.Tensor) -> float:
    """1 - cos of the angle between two tensors taken as vectors; 0 when either is zero."""
    sizes = (got.norm() * exact.norm()).item()
    return 0.0 if sizes == 0 else max(0.0, 1.0 - (got * exact).sum().item() / sizes)


def _energy_ratio(error: torch.Tensor, exact: torch.Tensor) -> float:
    # The angle's own float64 arithmetic is below 2^-40 for any tensor that fits in memory.
    energy = exact.square().sum().item()
    return 2.0**-40 + (error.square().sum().item() / energy if energy else 0.0)


def combine_ranks(
    whole: tuple[Expected, Expected], parts: list[tuple[Expected, Expected]]
) -> tuple[Expected, Expected]:
    """Bounds for a merge of parts that were each computed, rounded and stored on their own.

    A merge weighs the parts by probabilities, so it errs by no more than the worst part, plus what
    a shift of the weights by the worst lse error moves, plus its own rounding, which `whole` has.
    """
    out, lse = whole
    worst_out = torch.stack([part_out.bounds for part_out, _ in parts]).amax(0)
    worst_lse = torch.stack([part_lse.bounds for _, part_lse in parts]).amax(0)
    largest = torch.stack([part_out.values.abs() for part_out, _ in parts]).amax(0)
    own = UNIT_ROUNDOFF * (EXP_ULPS + 2 * torch.where(lse.values.isfinite(), lse.values.abs(), 0.0))
    bounds = out.bounds + worst_out + 2 * (worst_lse + own)[..., None] * largest
    energy = sum(part_out.cosine_bound for part_out, _ in parts)
    cosine_bound = 2 * (out.cosine_bound + energy) + _energy_ratio(bounds - out.bounds, out.values)
    return Expected(out.values, bounds, cosine_bound), Expected(
        lse.values, lse.bounds + worst_lse + own
    )
