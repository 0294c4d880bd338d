"""What the documentation names is there: files, folders, links and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
ROOTS = (CHECKOUT, CHECKOUT / "jupyterlab_dask_hpc", CHECKOUT / "src")
"""Where a path in the text may begin."""
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
TEST = re.compile(r"((?:tests|ui-tests|src)/[\w./-]+\.(?:py|ts))?(?:::(\w+))?")


def quoted(page: Path) -> list[str]:
    """Everything between backticks, code blocks left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def paths(page: Path) -> set[str]:
    """All that begins with a folder of this checkout."""
    found = {each.partition("::")[0] for each in quoted(page)}
    return {
        each
        for each in found
        if "/" in each.rstrip("/")
        and PATH.fullmatch(each)
        and any((root / each.split("/")[0]).is_dir() for root in ROOTS)
    }


def named_tests() -> Iterator[tuple[str, str]]:
    """File and function of each test that reliability.md names; a name without a file belongs to the last file."""
    file = ""
    for each in quoted(CHECKOUT / "docs" / "reliability.md"):
        if (match := TEST.fullmatch(each)) and any(match.groups()):
            file = match[1] or file
            yield file, match[2] or ""


def exists(path: str) -> bool:
    """Whether there is such a file or folder; `batch/command.run` is a function of a module."""
    module = f"{path.rpartition('.')[0]}.py"
    return any((root / each).exists() for root in ROOTS for each in (path, module))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_path_in_the_text_exists(page: Path) -> None:
    assert [path for path in sorted(paths(page)) if not exists(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    assert [link for link in links if ":" not in link and not (page.parent / link).exists()] == []


def test_every_test_in_reliability_exists() -> None:
    named = sorted(set(named_tests()))
    assert len(named) > 100
    missing = [
        (file, name)
        for file, name in named
        if not (CHECKOUT / file).is_file() or (name and f"def {name}(" not in (CHECKOUT / file).read_text())
    ]
    assert missing == []
