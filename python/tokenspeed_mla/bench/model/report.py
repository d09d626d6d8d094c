# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The model beside what an H200 measured, and what it says of Blackwell, as results and tables."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path

import torch

from tokenspeed_mla.bench import results
from tokenspeed_mla.bench.markdown import micro, table
from tokenspeed_mla.bench.model import call, counters
from tokenspeed_mla.bench.model.machines import B200, B300, H200
from tokenspeed_mla.bench.shapes import DecodeShape, dtype_name

FOLDER = Path("model")  # of the results
COUNTERS = FOLDER / "counters.json"
COMPARISON, BLACKWELL = "model", "model_blackwell"
MEASURED = ("decode_fp8", "decode_bf16")
LIMIT = 0.15  # what the model promises

# Published for a B200: 4 tokens a request over 81,920 keys in FP8, microseconds by heads and batch.
PUBLISHED = {
    (16, 4): {"TokenSpeed": 47.8, "TensorRT-LLM": 84.6},
    (16, 8): {"TokenSpeed": 76.6, "TensorRT-LLM": 179.4},
    (16, 16): {"TokenSpeed": 146.3, "TensorRT-LLM": 338.8},
    (32, 4): {"TokenSpeed": 49.5, "TensorRT-LLM": 176.8},
    (32, 8): {"TokenSpeed": 80.4, "TensorRT-LLM": 335.5},
    (32, 16): {"TokenSpeed": 148.1, "TensorRT-LLM": 652.9},
}


def compare(folder: Path) -> results.Result:
    """The model at every shape and clock of the H200's results in `folder`."""
    counts = counters.load(folder / COUNTERS)
    rows, sources = [], []
    for suite in MEASURED:
        measured = results.read(folder / "h200" / f"{suite}.json")
        sources.append(f"{suite} of commit {measured['commit']}")
        for row in measured["rows"]:
            shape = _shape(row["shape"])
            clocks = row["clocks"] or measured["clocks"]
            clock_mhz = clocks["sm_mhz"]["median"]
            rows.append(
                {
                    "label": shape.label,
                    "dtype": dtype_name(shape.dtype),
                    "clock_mhz": clock_mhz,
                    "measured_us": row["timings"][results.OURS]["median_us"],
                    "modelled_us": _microseconds(shape, H200, counts, clock_mhz * 1e6),
                }
            )
    return result(COMPARISON, folder, "sm_90", rows, measured=", ".join(sources))


def predict(folder: Path) -> results.Result:
    """The model on Blackwell, at the shapes that are published."""
    counts = counters.load(folder / COUNTERS)
    rows = []
    for dtype in (torch.float8_e4m3fn, torch.bfloat16):
        for (heads, batch), published in PUBLISHED.items():
            shape = DecodeShape(batch, 4, heads, 81920, dtype)
            modelled = {m.name: _microseconds(shape, m, counts) for m in (B200, B300)}
            row = {"label": shape.label, "dtype": dtype_name(dtype), "modelled_us": modelled}
            rows.append(row | {"published_us": published if dtype.itemsize == 1 else {}})
    return result(BLACKWELL, folder, "sm_10", rows)


def _microseconds(shape: DecodeShape, *arguments: object) -> float:
    return round(1e6 * call.seconds_of(shape, *arguments), 1)


def _shape(plain: dict[str, object]) -> DecodeShape:
    names = {field.name for field in dataclasses.fields(DecodeShape)}
    values = {name: value for name, value in plain.items() if name in names}
    values |= {"dtype": getattr(torch, plain["dtype"]), "ragged_lens": ()}
    return DecodeShape(**values)


def result(
    suite: str, folder: Path, target: str, rows: list[results.Result], **facts: object
) -> results.Result:
    """What is common to the model's results; target: whose counts it rests on."""
    return {
        "schema": results.SCHEMA,
        "suite": suite,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "counters_commit": counters.commits(folder / COUNTERS, target),
        **facts,
        "rows": rows,
    }


def markdown(result: results.Result) -> str:
    """The table of a result of `compare` or `predict`, and where it comes from."""
    body = _comparison(result) if result["suite"] == COMPARISON else _prediction(result)
    return f"{body} Instructions counted at commit {result['counters_commit']}.\n"


def _error(row: results.Result) -> float:
    return row["modelled_us"] / row["measured_us"] - 1


def _comparison(result: results.Result) -> str:
    header = ("shape", "dtype", "SM clock, MHz", "measured", "modelled", "error")
    lines = [
        (
            row["label"],
            row["dtype"],
            f"{row['clock_mhz']:.0f}",
            micro(row["measured_us"]),
            micro(row["modelled_us"]),
            f"{100 * _error(row):+.0f} %",
        )
        for row in result["rows"]
    ]
    errors = [_error(row) for row in result["rows"]]
    within = sum(abs(error) <= LIMIT for error in errors)
    mean = sum(abs(error) for error in errors) / len(errors)
    return (
        f"{table(header, lines, num_left=2)}\n"
        f"Modelled within {100 * LIMIT:.0f} % of the H200 at {within} of {len(errors)} shapes, "
        f"{100 * mean:.0f} % off on average; measured: {result['measured']}."
    )


def _prediction(result: results.Result) -> str:
    machines = list(result["rows"][0]["modelled_us"])
    others = list(result["rows"][0]["published_us"])
    header = ("shape", "dtype", *(f"{machine}, modelled" for machine in machines))
    header += tuple(f"{other}, published for a B200" for other in others)
    lines = [
        (
            row["label"],
            row["dtype"],
            *(micro(row["modelled_us"][machine]) for machine in machines),
            *_published(row, others),
        )
        for row in result["rows"]
    ]
    return f"{table(header, lines, num_left=2)}\nModelled, not measured."


def _published(row: results.Result, others: Sequence[str]) -> list[str]:
    published = row["published_us"]
    return [micro(published[other]) if other in published else "-" for other in others]
