"""Which room imports which, read from the source: `core/` is pure, imports go down only, and there is no cycle."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "jupyterlab_dask_hpc"
SOURCE = ROOT / PACKAGE

PURE = {
    *("__future__", "collections", "dataclasses", "datetime", "enum", "functools", "itertools", "json", "math", "re"),
    *("difflib", "shlex", "typing"),
}
"""Of the standard library: what neither reads nor writes nor waits."""
PURE_NAMES = {"pathlib": {"PurePath", "PurePosixPath"}, "signal": {"Signals"}}
"""Names that may be imported from modules that can do more."""
LIBRARIES = {"pydantic", "pydantic_core", "typing_extensions"}
SHARED = {"dask_hpc.messages", "dask_hpc.settings", "dask_hpc.units"}
"""What server and kernels share: the catalogue of messages, which settings travel, how people write amounts.
`docs/architecture.md` has the reason."""
SEAM = {f"{PACKAGE}.batch.{name}" for name in ("base", "examined", "jobs", "resources")}
"""The interface of every batch system: what it shows, has, and finds out about itself."""

ORDER = ["command_line", "command_line_doctor", "extension", "api", "doctor", "control", "logs", "core", "batch"]
"""From above to below; a room imports nothing above itself."""
ANYWHERE = {"files", "waiting", "_version"}
"""At the bottom: they import nothing of ours."""


def modules() -> dict[str, Path]:
    """Every module of the server extension by its dotted name."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(module: str) -> Iterator[tuple[str, str]]:
    """Module and name of each import; the name is empty where the whole module is imported."""
    path = MODULES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield (inner, "") if inner in MODULES else (source, alias.name)


GRAPH: Mapping[str, Set[str]] = {
    module: {source for source, _ in imports(module) if source in MODULES and source != module} for module in MODULES
}


def room(module: str) -> str:
    """The folder below the package, or the module itself."""
    return module.split(".")[1] if "." in module else "__init__"


def of_room(name: str) -> list[str]:
    return sorted(module for module in MODULES if room(module) == name)


def rooms() -> dict[str, set[str]]:
    """The rooms that each room imports."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, sources in GRAPH.items():
        found[room(module)] |= {room(source) for source in sources} - {room(module), "__init__"}
    return dict(found)


@pytest.mark.parametrize("module", of_room("core"))
def test_core_is_pure(module: str) -> None:
    for source, name in imports(module):
        allowed = (
            source in PURE
            or source.partition(".")[0] in PURE | LIBRARIES
            or source in SEAM
            or {source, f"{source}.{name}"} & SHARED
            or room(source) == "core"
            or name in PURE_NAMES.get(source, ())
        )
        assert allowed, f"{module} imports {name or 'all'} of {source}"


@pytest.mark.parametrize("module", sorted(SEAM))
def test_what_core_imports_of_batch_imports_nothing_of_ours(module: str) -> None:
    assert not {source for source in GRAPH[module] if source not in SEAM}


@pytest.mark.parametrize("module", sorted(SHARED))
def test_what_core_shares_with_kernels_imports_nothing_of_the_server(module: str) -> None:
    tree = ast.parse((ROOT / module.replace(".", "/")).with_suffix(".py").read_text("utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        assert not [name for name in names if name.partition(".")[0] not in PURE | {"importlib"}], module


@pytest.mark.parametrize("module", of_room("batch"))
def test_batch_knows_no_clusters(module: str) -> None:
    assert {room(source) for source in GRAPH[module]} <= {"batch", *ANYWHERE}


@pytest.mark.parametrize("module", of_room("in_job"))
def test_what_runs_inside_jobs_imports_nothing_of_the_server(module: str) -> None:
    assert GRAPH[module] <= set(of_room("in_job"))


@pytest.mark.parametrize("name", ORDER)
def test_imports_go_down_only(name: str) -> None:
    above = set(ORDER[: ORDER.index(name)])
    assert not rooms().get(name, set()) & above
    for bottom in ANYWHERE:
        assert not rooms().get(bottom)


def test_there_is_no_cycle_of_modules() -> None:
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way[way.index(module) :], module])
        if module not in done:
            for source in GRAPH[module]:
                visit(source, (*way, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


def test_the_drawing_of_the_rooms_is_the_graph() -> None:
    """`docs/architecture.md` has a line for each room: its name, an arrow, the rooms that it imports."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    [drawing] = re.findall(r"```text\n(extension +->.*?)```", text, re.S)
    drawn = {}
    for line in drawing.splitlines():
        name, _, needs = line.partition("->")
        drawn[name.strip()] = set(needs.replace("·", " ").split())
    graph = {name: needs for name, needs in rooms().items() if name not in ("__init__", "_version")}
    assert drawn == {name: needs - {"_version"} for name, needs in graph.items()}


FORBIDDEN = {
    r"f\"\{[\w.]*\bid\}_\{": "composes a job's id",
    r"partition\(\"_\"\)": "splits a job's id",
    r"f\"w\{": "composes a worker's name",
}


@pytest.mark.parametrize("module", [one for name in ("core", "control", "logs", "api") for one in of_room(name)])
def test_only_slots_and_adapters_compose_or_split_ids_and_names(module: str) -> None:
    if module == f"{PACKAGE}.core.slots":
        return
    text = MODULES[module].read_text("utf-8")
    for pattern, what in FORBIDDEN.items():
        assert not re.search(pattern, text), f"{module} {what}"


@pytest.mark.parametrize("module", of_room("core") + of_room("control"))
def test_no_submission_goes_by_its_position(module: str) -> None:
    assert not re.search(r"submissions\[[0-9:]", MODULES[module].read_text("utf-8")), module


def test_a_file_is_one_idea() -> None:
    """350 lines is the most that one idea has needed so far."""
    count = {str(path.relative_to(SOURCE)): len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert {name: lines for name, lines in count.items() if lines > 350} == {}
