# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]], num_left: int = 1) -> str:
    """A table whose first `num_left` columns are aligned to the left, the others to the right."""
    rule = ["---"] * num_left + ["---:"] * (len(header) - num_left)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *rows))


def micro(microseconds: float) -> str:
    """`11.0 us`, `1.25 ms`."""
    if microseconds >= 1e3:
        return f"{microseconds / 1e3:.2f} ms"
    return f"{microseconds:.1f} us"
