# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The host suite: which calls it times, and the table that is made of them."""

import time
from pathlib import Path

import pytest
import torch

from tokenspeed_mla.__main__ import make_parser
from tokenspeed_mla.bench import host, results
from tokenspeed_mla.bench.tables import markdown
from tokenspeed_mla.cli.bench import main


def test_every_operation_is_timed_with_results_given_and_made(tmp_path: Path) -> None:
    seen: list[str] = []
    result = host.run_host(torch.device("cpu"), samples=2, advance=seen.append)
    results.write(result, tmp_path / "host.json")
    result = results.read(tmp_path / "host.json")
    assert len(seen) == len(result["rows"]) == 2 * len(host.SHAPES) + 3
    kinds = {(row["call"].split()[0], row["results"]) for row in result["rows"]}
    for op in ("decode", "prefill", "kv_pack", "merge"):
        assert {(op, host.GIVEN), (op, host.MADE)} <= kinds
    assert all(0 < row["min_us"] <= row["median_us"] for row in result["rows"])


def test_table_has_a_line_a_row() -> None:
    result = host.run_host(torch.device("cpu"), samples=1)
    text = markdown(result)
    assert text.count("\n| ") == 1 + len(result["rows"])
    assert "median of 1 calls from Python" in text


def test_the_time_is_that_of_the_call() -> None:
    timing = host.host_us(lambda: time.sleep(2e-3), torch.device("cpu"), samples=3)
    assert 2000 <= timing["min_us"] <= timing["median_us"] < 50000


def test_the_command_wants_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    options = make_parser().parse_args(["bench", "host", "--device", "cpu"])
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2 and "host needs a GPU" in capsys.readouterr().err
