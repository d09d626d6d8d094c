# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The picture of a sweep: a panel per context length, colour is the share of the floor reached."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from tokenspeed_mla.bench.roofline import INK
from tokenspeed_mla.bench.shapes import short
from tokenspeed_mla.bench.sweep import CLIFF, Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.image import AxesImage

CLIFF_COLOR = "#d1242f"


def draw(sweep: Sweep, title: str, path: Path, theme: str = "light") -> None:
    """Writes the picture; the format is the path's suffix. Needs matplotlib (ImportError).

    theme: "light" or "dark", the page that it will stand on; its background is transparent.
    """
    import matplotlib
    from matplotlib.figure import Figure

    ink = INK[theme]
    contexts = sweep.axes.kv_len
    figure = Figure(figsize=(9.0, 1.2 + 2.0 * len(contexts)), layout="constrained")
    figure.suptitle(title, color=ink, fontsize=11, x=0.01, ha="left")
    panels = figure.subplots(len(contexts), 1, sharex=True, squeeze=False)[:, 0]
    for position, panel in enumerate(panels):
        image = _draw_panel(panel, sweep, position, ink)
    _label_columns(panels[-1], sweep, ink)
    bar = figure.colorbar(image, ax=list(panels), shrink=0.5, pad=0.01)
    bar.set_label(f"share of the floor; red: a cliff (> {CLIFF} x)", color=ink)
    bar.ax.tick_params(colors=ink)

    path.parent.mkdir(parents=True, exist_ok=True)
    # Without a date and with a fixed salt, the same data gives the same SVG.
    with matplotlib.rc_context({"svg.hashsalt": "sweep"}):
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=130, transparent=True, metadata=metadata)


def _draw_panel(panel: Panel, sweep: Sweep, kv: int, ink: str) -> AxesImage:
    """Rows are head counts, columns are q_len within batch."""
    axes = sweep.axes
    width = len(axes.q_len)
    shares = [[math.nan] * width * len(axes.batch) for _ in axes.num_heads]
    for heads, q_len, batch, at in sweep.times_us:
        if at == kv:
            share = sweep.share_of_floor((heads, q_len, batch, at))
            shares[heads][batch * width + q_len] = share
    image = panel.imshow(shares, vmin=0, vmax=1, cmap="viridis", aspect="auto", origin="lower")
    dots = [(b * width + q, h) for h, q, b, at in sweep.cliffs() if at == kv]
    if dots:
        panel.scatter(*zip(*dots, strict=True), s=6, color=CLIFF_COLOR, linewidths=0)
    for boundary in range(1, len(axes.batch)):
        panel.axvline(boundary * width - 0.5, color="white", linewidth=1)
    panel.set_yticks(range(len(axes.num_heads)), map(str, axes.num_heads), fontsize=6, color=ink)
    panel.set_ylabel(f"kv {short(axes.kv_len[kv])}\nheads", color=ink, fontsize=8)
    panel.tick_params(colors=ink)
    return image


def _label_columns(panel: Panel, sweep: Sweep, ink: str) -> None:
    width = len(sweep.axes.q_len)
    middles = [(number + 0.5) * width - 0.5 for number in range(len(sweep.axes.batch))]
    first, last = sweep.axes.q_len[0], sweep.axes.q_len[-1]
    labels = [f"B={batch}" for batch in sweep.axes.batch]
    panel.set_xticks(middles, labels, color=ink, fontsize=8)
    panel.set_xlabel(f"batch; within each, q_len {first} to {last}", color=ink, fontsize=8)
