# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""`python -m tokenspeed_mla.mla_decode_fp8`: check and time decode over an FP8 cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch

from tokenspeed_mla.cli import decode_command

DTYPES = (torch.float8_e4m3fn,)


def main(arguments: Sequence[str] | None = None) -> int:
    return decode_command.main("mla_decode_fp8", DTYPES, arguments)


if __name__ == "__main__":
    sys.exit(main())
