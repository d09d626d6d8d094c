# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Runs the model and writes its results, which `bench --write-docs` makes tables of.

examples:
  python -m tokenspeed_mla.bench.model
  python -m tokenspeed_mla.bench.model --count build/release/emulator/libcuda.so.1
"""

import argparse
from pathlib import Path

from tokenspeed_mla.bench import results, tables
from tokenspeed_mla.bench.model import counters, grid, report


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tokenspeed_mla.bench.model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--count", type=Path, metavar="LIBCUDA", help="count instructions again, on this emulator"
    )
    parser.add_argument(
        "--target",
        action="append",
        choices=counters.TARGETS,
        help="whose kernels are counted (default: all); may be repeated",
    )
    parser.add_argument("--results", type=Path, default=Path("bench/results"))
    options = parser.parse_args()
    if options.count is not None:
        kernels = counters.count(options.count.resolve(), options.target or counters.TARGETS)
        counters.save(kernels, options.results / report.COUNTERS)
    for name, result in (
        ("h200", report.compare(options.results)),
        ("grid", grid.compare(options.results)),
        ("blackwell", report.predict(options.results)),
    ):
        results.write(result, options.results / report.FOLDER / f"{name}.json")
        print(tables.markdown(result))


main()
