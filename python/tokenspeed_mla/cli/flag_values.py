# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Values of flags: shapes, pairs, dtype names, switches. Each parser is an argparse `type`."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

import torch

# Both spellings: the documented commands say Float8E4M3FN, PyTorch says float8_e4m3fn.
DTYPES = {
    "float8e4m3fn": torch.float8_e4m3fn,
    "float8e5m2": torch.float8_e5m2,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
}
_ALIASES = {"fp8": "float8e4m3fn", "float8e4m3": "float8e4m3fn", "bf16": "bfloat16"}
_ALIASES |= {"fp16": "float16", "fp32": "float32"}

_SHAPE = re.compile(r"(\d+),(?:(\d+)|\((\d+(?:,\d+)*),?\)),(\d+),(\d+)")


@dataclass(frozen=True)
class RaggedShape:
    """B,S,H,D with one S for every request, or a list of B of them."""

    seq_lens: tuple[int, ...]
    num_heads: int
    head_dim: int

    @property
    def batch(self) -> int:
        return len(self.seq_lens)

    @property
    def total(self) -> int:
        return sum(self.seq_lens)


def ragged_shape(text: str) -> RaggedShape:
    """`2,1024,128,192` or, ragged, `2,(1024,512),128,192`."""
    match = _SHAPE.fullmatch(re.sub(r"\s", "", text))
    if match is None:
        raise argparse.ArgumentTypeError(
            f"expected B,S,H,D with S a number or a parenthesised list, got {text!r}"
        )
    batch, same, listed, heads, dim = match.groups()
    lens = tuple(map(int, listed.split(","))) if listed else (int(same),) * int(batch)
    if len(lens) != int(batch):
        raise argparse.ArgumentTypeError(f"B is {batch}, but S lists {len(lens)} lengths: {text!r}")
    if int(heads) == 0 or int(dim) == 0:
        raise argparse.ArgumentTypeError(f"H and D must be positive, got {text!r}")
    return RaggedShape(lens, int(heads), int(dim))


def int_pair(text: str) -> tuple[int, int]:
    """`128,128`."""
    parts = text.split(",")
    if len(parts) != 2 or not all(re.fullmatch(r"\s*-?\d+\s*", part) for part in parts):
        raise argparse.ArgumentTypeError(f"expected two numbers A,B, got {text!r}")
    return int(parts[0]), int(parts[1])


def int_list(text: str) -> tuple[int, ...]:
    """`1024,1500,2048`."""
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise argparse.ArgumentTypeError(f"expected numbers separated by commas, got {text!r}")
    return tuple(map(int, text.split(",")))


def positive_int(text: str) -> int:
    number = non_negative_int(text)
    if number == 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, got {text!r}")
    return number


def non_negative_int(text: str) -> int:
    if not re.fullmatch(r"\d+", text):
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def dtype(text: str) -> torch.dtype:
    """`Float8E4M3FN`, `float8_e4m3fn`, `BFloat16`, `bf16`, ..."""
    key = text.lower().replace("_", "").removeprefix("torch.")
    key = _ALIASES.get(key, key)
    if key not in DTYPES:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(DTYPES)}, got {text!r}")
    return DTYPES[key]


def device(text: str) -> torch.device:
    """`cpu`, `cuda`, `cuda:1`; refused where PyTorch cannot use it."""
    try:
        parsed = torch.device(text)
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"expected cpu or cuda[:N], got {text!r}") from error
    if parsed.type == "cuda" and (parsed.index or 0) >= torch.cuda.device_count():
        raise argparse.ArgumentTypeError(f"there is no device {text!r} on this machine")
    if parsed.type not in ("cpu", "cuda"):
        raise argparse.ArgumentTypeError(f"expected cpu or cuda[:N], got {text!r}")
    return parsed


def default_device() -> torch.device:
    """The current GPU, or the CPU when there is none."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
