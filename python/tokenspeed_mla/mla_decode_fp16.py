# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""`python -m tokenspeed_mla.mla_decode_fp16`: check and time decode over a 16-bit cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch

from tokenspeed_mla.cli import decode_command

DTYPES = (torch.float16, torch.bfloat16)


def main(arguments: Sequence[str] | None = None) -> int:
    return decode_command.main("mla_decode_fp16", DTYPES, arguments)


if __name__ == "__main__":
    sys.exit(main())
