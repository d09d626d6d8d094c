# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Tables and figures of README.md and docs/, made from the results in the repository."""

from __future__ import annotations

from pathlib import Path

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.roofline import draw, limits_of, points_of
from tokenspeed_mla.bench.tables import rewrite_pages

FIGURES = Path("docs/figures")


def write_docs(root: Path, results_folder: Path) -> list[Path]:
    """Rewrites marked tables and draws the figures; returns the files that changed.

    Raises ValueError for a marker without a result, ImportError where matplotlib is missing.
    """
    changed = rewrite_pages(pages(root), results_folder)
    return changed + _draw_cpu_roofline(root, results_folder)


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
    changed = []
    for theme in ("light", "dark"):
        path = root / FIGURES / f"roofline-cpu-{theme}.svg"
        old = path.read_bytes() if path.is_file() else b""
        draw(points_of(result), limits_of(result), title, path, theme)
        if path.read_bytes() != old:
            changed.append(path)
    return changed
