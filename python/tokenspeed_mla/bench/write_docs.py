# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tables and figures of README.md and docs/, made from the results in the repository."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from tokenspeed_mla.bench import results, roofline, sweep_picture
from tokenspeed_mla.bench.roofline import limits_of, points_of
from tokenspeed_mla.bench.sweep import sweep_of
from tokenspeed_mla.bench.tables import rewrite_pages

FIGURES = Path("docs/figures")


def write_docs(root: Path, results_folder: Path) -> list[Path]:
    """Rewrites marked tables and draws the figures; returns the files that changed.

    Raises ValueError for a marker without a result, ImportError where matplotlib is missing.
    """
    changed = rewrite_pages(pages(root), results_folder)
    changed += _draw_cpu_roofline(root, results_folder)
    return changed + _draw_sweeps(root, results_folder)


def pages(root: Path) -> list[Path]:
    """The pages of a repository that may show results."""
    candidates = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [page for page in candidates if page.is_file()]


def _draw_cpu_roofline(root: Path, results_folder: Path) -> list[Path]:
    source = results_folder / "cpu" / "cpu.json"
    if not source.is_file():
        return []
    result = results.read(source)
    title = f"Measured on {result['device']['name']}, {result['device']['threads']} threads"
    points, limits = points_of(result), limits_of(result)
    return _draw_themes(
        root / FIGURES / "roofline-cpu",
        lambda path, theme: roofline.draw(points, limits, title, path, theme),
    )


def _draw_sweeps(root: Path, results_folder: Path) -> list[Path]:
    changed = []
    for source in sorted(results_folder.glob("*/sweep.json")):
        result = results.read(source)
        title = f"FP8 decode, share of the floor, measured on {result['device']['name']}"
        draw = functools.partial(sweep_picture.draw, sweep_of(result), title)
        changed += _draw_themes(root / FIGURES / f"sweep-{source.parent.name}", draw)
    return changed


def _draw_themes(stem: Path, draw: Callable[[Path, str], None]) -> list[Path]:
    """STEM-light.svg and STEM-dark.svg; returns those that changed."""
    changed = []
    for theme in ("light", "dark"):
        path = stem.with_name(f"{stem.name}-{theme}.svg")
        old = path.read_bytes() if path.is_file() else b""
        draw(path, theme)
        if path.read_bytes() != old:
            changed.append(path)
    return changed
