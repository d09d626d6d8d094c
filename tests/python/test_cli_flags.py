# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""Values of flags, and what each command makes of bad ones."""

import argparse
from collections.abc import Callable

import pytest
import torch

from tokenspeed_mla import __main__ as main_command
from tokenspeed_mla import fmha, mla_decode_fp8, mla_decode_fp16
from tokenspeed_mla.bench.shapes import dtype_name
from tokenspeed_mla.cli import flag_values as parse


@pytest.mark.parametrize(
    ("text", "seq_lens", "heads", "dim"),
    [
        ("1,8192,128,192", (8192,), 128, 192),
        ("3,16,4,128", (16, 16, 16), 4, 128),
        ("2,(1024,512),128,192", (1024, 512), 128, 192),
        (" 2, (7, 0) , 1, 192 ", (7, 0), 1, 192),
        ("1,(5,),2,192", (5,), 2, 192),
        ("0,5,2,192", (), 2, 192),
    ],
)
def test_shape(text: str, seq_lens: tuple[int, ...], heads: int, dim: int) -> None:
    assert parse.ragged_shape(text) == parse.RaggedShape(seq_lens, heads, dim)


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (parse.ragged_shape, ""),
        (parse.ragged_shape, "1,2,3"),
        (parse.ragged_shape, "1,2,3,4,5"),
        (parse.ragged_shape, "2,(1,2,3),4,192"),
        (parse.ragged_shape, "1,(),4,192"),
        (parse.ragged_shape, "1,-2,4,192"),
        (parse.ragged_shape, "1,2,0,192"),
        (parse.ragged_shape, "1,(2,4,192"),
        (parse.int_pair, "128"),
        (parse.int_pair, "1,2,3"),
        (parse.int_pair, "a,b"),
        (parse.int_list, ""),
        (parse.int_list, "1,,2"),
        (parse.positive_int, "0"),
        (parse.positive_int, "-1"),
        (parse.positive_int, "1.5"),
        (parse.non_negative_int, "x"),
        (parse.dtype, "Float7"),
        (parse.device, "abacus"),
        (parse.device, "meta"),
        (parse.device, "cuda:99"),
    ],
)
def test_bad_values(parser: Callable[[str], object], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"expected|lists|positive|no device"):
        parser(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Float8E4M3FN", torch.float8_e4m3fn),
        ("float8_e4m3fn", torch.float8_e4m3fn),
        ("torch.bfloat16", torch.bfloat16),
        ("BFloat16", torch.bfloat16),
        ("bf16", torch.bfloat16),
        ("Float16", torch.float16),
        ("Float8E5M2", torch.float8_e5m2),
        ("fp8", torch.float8_e4m3fn),
    ],
)
def test_dtype(text: str, expected: torch.dtype) -> None:
    assert parse.dtype(text) == expected
    assert parse.dtype(dtype_name(expected)) == expected


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (fmha.main, "--q_shape 1,8,4,64 --k_shape 1,8,4,64", "D must be 192"),
        (fmha.main, "--q_shape 1,8,4,192 --k_shape 2,8,4,192", "same B"),
        (fmha.main, "--q_shape 1,8,4,192 --k_shape 1,8,4,128", "same D"),
        (fmha.main, "--q_shape 1,8,4,192 --k_shape 1,8,3,192", "multiple of KV heads"),
        (fmha.main, "--window_size 8,8", "no window"),
        (fmha.main, "--is_causal --q_shape 1,4,8,192", "add --bottom_right_align"),
        (fmha.main, "--q_sha 1,8,4,192", "unrecognized"),
        (fmha.main, "--in_dtype Int4", "expected one of"),
        (fmha.main, "--iterations 0", "positive"),
        (mla_decode_fp8.main, "--in_dtype BFloat16", "must be float8_e4m3fn"),
        (mla_decode_fp16.main, "--in_dtype Float8E4M3FN", "must be float16, bfloat16"),
        (mla_decode_fp8.main, "--batch_size 0", "positive"),
        (main_command.main, "", "COMMAND"),
        (main_command.main, "dance", "invalid choice"),
        (main_command.main, "bench", "name a suite"),
        (main_command.main, "bench nothing", "no suite 'nothing'"),
        (main_command.main, "bench cpu --baseline wrong", "baseline"),
        (main_command.main, "explain", "OP"),
        (main_command.main, "explain decode --batch -1", "whole number"),
        (main_command.main, "selftest --contains zzzz", "no case"),
        (main_command.main, "run --prompts 1,x", "numbers"),
    ],
)
def test_bad_command_lines(
    main: Callable[[list[str]], int],
    arguments: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments.split())
    assert exit_info.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("main", [fmha.main, mla_decode_fp8.main, mla_decode_fp16.main])
def test_documented_help_names_flags_without_effect(
    main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["--help"])
    assert exit_info.value.code == 0
    text = capsys.readouterr().out
    assert "--is_persistent" in text.split("without effect here")[1]
    assert "example:" in text


@pytest.mark.parametrize("command", sorted(main_command.COMMANDS))
def test_help_of_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main_command.main([command, "--help"])
    assert exit_info.value.code == 0
    assert "usage: python -m tokenspeed_mla" in capsys.readouterr().out
