# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Numbers made from (seed, stream, position) alone.

Python and C++ make the same inputs from a case's seed, so a case that fails on one target can be
looked at on another, and both references can be held against the same golden values.
"""

from enum import IntEnum
from typing import Any

import torch

# Longer tensors repeat their numbers after a prime count, so that no two rows are alike.
_PERIOD = 1_000_003
_GOLDEN = 0x9E3779B97F4A7C15
# The standard deviation of the sum of four uniform integers below 2^16.
_SUM_STD = (4 * (65536**2 - 1) / 12) ** 0.5


class Stream(IntEnum):
    """Which of a case's independent sequences of numbers."""

    QUERY = 1
    KEY = 2
    VALUE = 3
    PAGES = 4
    LENGTHS = 5
    KV_LENGTHS = 6
    LSE = 7


def words(seed: int, stream: int, count: int) -> torch.Tensor:
    """``count`` 64-bit words (int64 [count]): the splitmix64 sequence of a key."""
    key = _mix(torch.tensor(_signed(seed * _GOLDEN + stream)))
    steps = torch.arange(1, count + 1, dtype=torch.int64)
    return _mix(key + steps * _signed(_GOLDEN))


def normals(seed: int, stream: int, shape: tuple[int, ...], std: float) -> torch.Tensor:
    """float32 of nearly normal distribution: the sum of a word's four 16-bit fields, scaled."""
    count = torch.Size(shape).numel()
    word = words(seed, stream, min(count, _PERIOD))
    total = sum((word >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
    values = (total - 2 * 65535).float() * torch.tensor(std / _SUM_STD)
    return values.repeat(-(-count // _PERIOD))[:count].reshape(shape)


def order(seed: int, stream: int, count: int) -> torch.Tensor:
    """A permutation of 0 .. count - 1 (int64)."""
    return torch.argsort(_non_negative(words(seed, stream, count)), stable=True)


def lengths(spec: Any, seed: int, stream: int = Stream.LENGTHS) -> list[int]:
    """A list as it is, or ``{"count", "low", "high"}``: random lengths, both bounds included.

    Lengths below 0 become 0: a negative low makes most requests empty.
    """
    if isinstance(spec, list):
        return spec
    span = spec["high"] - spec["low"] + 1
    random = spec["low"] + _non_negative(words(seed, stream, spec["count"])) % span
    return random.clamp(min=0).tolist()


def _mix(word: torch.Tensor) -> torch.Tensor:
    word = (word ^ _shift_right(word, 30)) * _signed(0xBF58476D1CE4E5B9)
    word = (word ^ _shift_right(word, 27)) * _signed(0x94D049BB133111EB)
    return word ^ _shift_right(word, 31)


def _shift_right(word: torch.Tensor, bits: int) -> torch.Tensor:
    return (word >> bits) & ((1 << (64 - bits)) - 1)


def _non_negative(word: torch.Tensor) -> torch.Tensor:
    return _shift_right(word, 1)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
