# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The roofline picture: what a machine can do at most, and what each operation reaches of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.machine import Limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"decode": "o", "prefill": "s", "merge": "^"}
INK = {"light": "#24292f", "dark": "#e6edf3"}
COLORS = {
    "light": {"decode": "#0969da", "prefill": "#bc4c00", "merge": "#1a7f37"},
    "dark": {"decode": "#58a6ff", "prefill": "#ffa657", "merge": "#56d364"},
}


@dataclass(frozen=True)
class Point:
    """One measured operation."""

    op: str  # a key of MARKERS
    label: str
    flops: float
    bytes: float
    seconds: float

    @property
    def intensity(self) -> float:
        return self.flops / self.bytes

    @property
    def rate(self) -> float:
        return self.flops / self.seconds


def points_of(result: results.Result) -> list[Point]:
    """The operations of a measured suite that compute anything (a pack only moves bytes)."""
    return [
        Point(
            row["op"],
            f"{row['op']} {row['label']} {row['shape']['dtype']}",
            row["flops"],
            row["bytes"],
            1e-6 * row["timings"][results.OURS]["median_us"],
        )
        for row in result["rows"]
        if row["flops"]
    ]


def limits_of(result: results.Result) -> Limits:
    return Limits(**result["limits"])


def draw(
    points: Sequence[Point],
    limits: Limits,
    title: str,
    path: Path,
    theme: str = "light",
) -> None:
    """Writes the picture; the format is the path's suffix. Needs matplotlib (ImportError).

    theme: "light" or "dark", the page that it will stand on; an SVG's background is transparent.
    """
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, color=INK[theme], fontsize=11, loc="left")
    _draw_frame(axes, INK[theme])
    _draw_roof(axes, points, limits, INK[theme])
    _draw_points(axes, points, INK[theme], COLORS[theme])

    path.parent.mkdir(parents=True, exist_ok=True)
    is_vector = path.suffix == ".svg"
    background = "none" if is_vector else {"light": "white", "dark": "#0d1117"}[theme]
    # Without a date and with a fixed salt, the same data gives the same SVG.
    with matplotlib.rc_context({"svg.hashsalt": "roofline"}):
        metadata = {"Date": None} if is_vector else None
        figure.savefig(path, dpi=160, facecolor=background, metadata=metadata)


def _draw_frame(axes: Axes, ink: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("FLOP per byte that has to be moved", color=ink)
    axes.set_ylabel("FLOP/s", color=ink)
    axes.tick_params(colors=ink, which="both")
    axes.grid(True, which="major", color=ink, alpha=0.15)
    axes.set_facecolor("none")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(ink)


def _draw_roof(axes: Axes, points: Sequence[Point], limits: Limits, ink: str) -> None:
    intensities = [limits.ridge, *(point.intensity for point in points)]
    lowest, highest = min(intensities) / 4, max(intensities) * 8
    axes.plot(
        [lowest, limits.ridge, highest],
        [
            lowest * limits.bytes_per_second,
            limits.flops_per_second,
            limits.flops_per_second,
        ],
        color=ink,
        linewidth=1.6,
    )
    style = {"textcoords": "offset points", "color": ink, "fontsize": 9}
    flops, bandwidth = limits.flops_per_second, limits.bytes_per_second
    text = f"{flops / 1e9:.0f} GFLOP/s matrix product"
    axes.annotate(text, (highest, flops), xytext=(-4, 5), ha="right", **style)
    middle = (lowest * limits.ridge) ** 0.5
    text = f"{bandwidth / 1e9:.0f} GB/s copy"
    axes.annotate(text, (middle, middle * bandwidth), xytext=(-6, 5), ha="right", **style)


def _draw_points(axes: Axes, points: Sequence[Point], ink: str, colors: Mapping[str, str]) -> None:
    for number, point in enumerate(points, start=1):
        at = (point.intensity, point.rate)
        label = f"{number}  {point.label}"
        axes.plot(*at, MARKERS[point.op], color=colors[point.op], markersize=8, label=label)
        style = {"textcoords": "offset points", "color": ink, "fontsize": 9}
        axes.annotate(str(number), at, xytext=(7, -3), **style)
    axes.set_ylim(bottom=min(point.rate for point in points) / 30)  # room for the key
    axes.legend(loc="lower right", frameon=False, labelcolor=ink, fontsize=8)
