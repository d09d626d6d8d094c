# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""`python -m tokenspeed_mla COMMAND`: the list of commands; each lives in its module under cli/."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "run": "the main job: pack, prefill, then decode over a paged cache, checked and measured",
    "info": "what is installed, which devices there are, where things are cached",
    "explain": "the plan of a problem: kernel, tiles, splits, workspace, least time",
    "bench": "measure a suite of shapes against baselines, as JSON and tables",
    "selftest": "run the table of test cases on a device",
    "storm": "run random cases on random streams until time is up",
}


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tokenspeed_mla",
        description="Multi-head latent attention: run, explain, measure and test the library.",
        epilog="Exit codes: 0 done, 1 a check failed, 2 a flag or its value is wrong.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        module = importlib.import_module(f"tokenspeed_mla.cli.{name}")
        command = commands.add_parser(
            name,
            help=summary,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_flags(command)
        command.set_defaults(main=module.main, parser=command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    return options.main(options)


if __name__ == "__main__":
    sys.exit(main())
