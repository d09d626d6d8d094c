# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Output for people: tables and a progress bar, through rich where it is installed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Iterator, Sequence

try:
    from rich.console import Console as _RichConsole
    from rich.progress import Progress as _RichProgress
    from rich.table import Table as _RichTable
except ImportError:  # the wheel does not need rich; `pip install tokenspeed-mla[cli]` brings it
    _RichConsole = None

Advance = Callable[[str], None]  # called once a step with the step's name


def print_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    text_columns: Collection[int] = (0,),
) -> None:
    """Prints a table; text_columns are aligned to the left, the others, numbers, to the right."""
    if _RichConsole is not None and sys.stdout.isatty():
        table = _RichTable(title=title, title_justify="left", title_style="bold")
        for index, name in enumerate(header):
            is_text = index in text_columns
            table.add_column(name, justify="left" if is_text else "right", no_wrap=index == 0)
        for row in rows:
            table.add_row(*row)
        _RichConsole().print(table)
        return
    print(f"\n{title}")
    print(plain_table(header, rows, text_columns))


def plain_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: Collection[int] = (0,)
) -> str:
    """The same table in plain text, columns aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        cells = zip(row, widths, strict=True)
        aligned = (
            cell.ljust(width) if index in text_columns else cell.rjust(width)
            for index, (cell, width) in enumerate(cells)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join([line(header), line(["-" * w for w in widths]), *map(line, rows)])


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """A progress bar on a terminal; elsewhere silent, so that logs stay short."""
    if _RichConsole is None or not sys.stderr.isatty():
        yield lambda name: None
        return
    with _RichProgress(console=_RichConsole(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda name: bar.update(task, advance=1, description=f"{title}: {name}")


def format_seconds(seconds: float) -> str:
    """`12.3 us`, `4.56 ms`, `1.20 s`: three significant digits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{_three_digits(seconds / scale)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def format_rate(per_second: float, unit: str) -> str:
    """`24.1 GB/s`, `1.30 TFLOP/s`: three significant digits."""
    for prefix, scale in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if per_second >= scale:
            return f"{_three_digits(per_second / scale)} {prefix}{unit}"
    return f"{per_second:.0f} {unit}"


def format_bytes(num_bytes: float) -> str:
    for prefix, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if num_bytes >= scale:
            return f"{_three_digits(num_bytes / scale)} {prefix}"
    return f"{num_bytes:.0f} B"


def _three_digits(number: float) -> str:
    digits = 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:.{digits}f}"
