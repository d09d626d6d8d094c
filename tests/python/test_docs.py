# SPDX-FileCopyrightText: 2026 The tokenspeed-mla authors
# SPDX-License-Identifier: MIT
"""The documents say what is there: programs run, tables match the tree, links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])


def tracked_folders() -> set[str]:
    """Folders that hold sources: those at the top, and those one below src and device."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    folders = set()
    for file in listed:
        parts = Path(file).parts
        if parts[0].startswith(".") or len(parts) == 1:
            continue
        deep = parts[0] in {"src", "device"}
        if deep and len(parts) == 2:
            continue
        folders.add("/".join(parts[: 2 if deep else 1]) + "/")
    return folders


def test_overview_lists_the_folders_of_the_tree():
    page = (ROOT / "docs/00_overview.md").read_text()
    listed = re.findall(r"^\| `([^`]+/)` \|", page, flags=re.MULTILINE)
    for folder in listed:
        assert (ROOT / folder).is_dir(), folder
    missing = {f for f in tracked_folders() if not any(item.startswith(f) for item in listed)}
    assert not missing


def test_program_of_the_readme_runs():
    programs = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert programs
    for program in programs:
        subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    for target in targets:
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
