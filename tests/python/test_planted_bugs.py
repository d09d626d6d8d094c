# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The emulator's page lists planted bugs that exist, and enough of them."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIN_BUGS = 40


def test_the_page_lists_planted_bugs_that_the_tests_hold():
    script = runpy.run_path(str(ROOT / "scripts" / "list_planted_bugs"))
    held = {
        (name.replace("_", " "), kind, f"`{test}`") for name, kind, test in script["planted_bugs"]()
    }
    page = script["PAGE"].read_text()
    section = page[page.index(script["BEGIN"]) : page.index(script["END"])]
    listed = {tuple(row) for row in re.findall(r"^\| (.+) \| (.+) \| (`.+`) \|$", section, re.M)}
    assert listed - held == set()
    assert len(listed) >= MIN_BUGS
