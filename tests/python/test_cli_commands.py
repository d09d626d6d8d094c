# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Every command as a user starts it: a process of its own, on small shapes."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tokenspeed_mla
from tokenspeed_mla import __main__ as main_command
from tokenspeed_mla import mla_decode_fp8
from tokenspeed_mla.bench import results, suites

DOCUMENTED_PREFILL = (
    "--is_causal --bottom_right_align --in_dtype Float8E4M3FN --out_dtype Float8E4M3FN "
    "--warmup_iterations 1 --iterations 3"
)
DOCUMENTED_DECODE = (
    "--batch_size 4 --softmax_scale 0.07216882 --page_size 64 --seq_len_k 300 "
    "--in_dtype Float8E4M3FN --out_dtype Float8E4M3FN --seq_len_q 4 --warmup_iterations 1 "
    "--iterations 3 --num_heads 16"
)


def start(module: str, arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    package = Path(tokenspeed_mla.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments.split()],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(package), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def expect_success(module: str, arguments: str, folder: Path) -> str:
    done = start(module, arguments, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("fmha", f"{DOCUMENTED_PREFILL} --q_shape 1,64,4,192 --k_shape 1,64,4,192"),
        ("mla_decode_fp8", DOCUMENTED_DECODE),
        (
            "mla_decode_fp16",
            "--in_dtype BFloat16 --num_heads 2 --is_var_seq --is_causal",
        ),
    ],
)
def test_documented_commands(module: str, arguments: str, tmp_path: Path) -> None:
    output = expect_success(f"tokenspeed_mla.{module}", arguments, tmp_path)
    lines = output.splitlines()
    assert re.fullmatch(r"Execution time: \d+\.\d+ us", lines[-2])
    assert lines[-1] == "PASS"
    assert re.search(r"Reference check: largest error \d\.\d\de-\d\d against float64", output)
    if "--out_dtype" in arguments:
        assert "--out_dtype float8_e4m3fn: this library writes bfloat16" in output


def test_reference_check_can_be_skipped(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = f"{DOCUMENTED_DECODE} --skip_ref_check --split_kv 2 --use_cold_l2"
    assert mla_decode_fp8.main(arguments.split()) == 0
    output = capsys.readouterr().out
    assert "Reference check: skipped" in output and output.endswith("PASS\n")
    assert "no effect here: --split_kv" in output
    assert "cache cold" in output


def test_run(tmp_path: Path) -> None:
    arguments = "run --prompts 70,130 --heads 4 --steps 1 --picture out/roofline.png"
    output = expect_success("tokenspeed_mla", arguments, tmp_path)
    assert "PASS: all 5 results agree with float64" in output
    assert (tmp_path / "out/roofline.png").read_bytes().startswith(b"\x89PNG")
    for card in ("H200", "B200", "B300"):
        assert card in output


def test_info(tmp_path: Path) -> None:
    facts = json.loads(expect_success("tokenspeed_mla", "info --json", tmp_path))
    assert set(facts) == {"versions", "devices", "backends", "environment"}
    assert facts["versions"]["tokenspeed-mla"] == tokenspeed_mla.__version__
    assert "threads" in facts["devices"]["cpu"]


def test_explain(tmp_path: Path) -> None:
    arguments = "explain decode --batch 4 --q_len 4 --num_heads 16 --max_seq_len 8192"
    plans = json.loads(
        expect_success("tokenspeed_mla", f"{arguments} --json --devices H200 B200", tmp_path)
    )
    assert [plan["device"] for plan in plans] == ["H200", "B200"]
    for plan in plans:
        # A causal mask hides 6 of the 4 x 8192 pairs of query token and key.
        most = 2176 * 4 * 16 * 4 * 8192
        assert 0.99 * most < plan["roofline"]["flops"] <= most
        assert plan["roofline"]["seconds"] > 0


def test_explain_rejects_an_unknown_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main_command.main(["explain", "merge", "--devices", "Z80"]) == 2
    message = capsys.readouterr().err
    assert "error:" in message and "Z80" in message


def test_bench(tmp_path: Path) -> None:
    arguments = "bench smoke --samples 2 --output out"
    output = expect_success("tokenspeed_mla", arguments, tmp_path)
    result = results.read(tmp_path / "out/cpu/smoke.json")
    assert result["suite"] == "smoke" and len(result["rows"]) == len(suites.suite("smoke").shapes)
    assert f"wrote {Path('out/cpu/smoke.json')}" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("bench nothing", "no suite 'nothing'; there are smoke"),
        ("bench sweep --device cpu", "sweep needs a GPU"),
        ("bench smoke --baseline zero=nowhere.py", "baseline must be torch, none or NAME="),
    ],
)
def test_bench_refuses(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main_command.main(arguments.split())
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err


def test_selftest(tmp_path: Path) -> None:
    arguments = "selftest --op merge --contains head --json results.json"
    output = expect_success("tokenspeed_mla", arguments, tmp_path)
    found = json.loads((tmp_path / "results.json").read_text())
    assert found and all(result["error"] is None for result in found)
    assert f"PASS: {len(found)} of {len(found)} cases on cpu" in output


def test_argument_outside_the_contract_is_an_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert mla_decode_fp8.main(["--page_size", "48", "--seq_len_k", "96"]) == 2
    captured = capsys.readouterr()
    assert "page_size" in captured.err and "48" in captured.err
    assert "PASS" not in captured.out
