"""Profiles as administrators write them: every mistake has its line, its key and a remedy, and none is accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.core.profile_text import ProfileText, read_profile_text

CHECKOUT = Path(__file__).parents[2]
GOOD = """{
  "$schema": "https://example.org/profile.schema.json",
  "name": "farm",
  "title": "Farm",
  "batch": "slurm",
  "workers": {
    "jobs": { "default": 4, "maximum": 1000 },
    "memory": { "default": "3G", "maximum": "32G" },
    "cpus": { "default": 1, "maximum": 32 },
    "time": { "default": "02:00:00", "maximum": "08:00:00" },
    "partition": "dask",
    "account": "{group}",
    "nanny": true,
    "extra": ["--constraint=el9", "--comment", "for {user}"],
    "worker_args": ["--interface", "ib0"]
  },
  "scheduler": {
    "memory": { "default": "2G", "maximum": "16G" },
    "time": { "default": "08:00:00", "maximum": "08:00:00" }
  },
  "idle_timeout": { "default": "01:00:00" },
  "setup": ["module load python/3.12", "export A=${B} {C}"],
  "launcher": ["srun", "--nodes={nodes}"],
  "python": "/sps/tools/dask/bin/python",
  "environment": { "keep": ["X509_USER_PROXY"], "set": { "OMP_NUM_THREADS": "1" } }
}
"""


def fill(text: str) -> str:
    return text.replace("{user}", "ada").replace("{group}", "atlas")


def read(text: str | bytes) -> ProfileText:
    return read_profile_text(text if isinstance(text, bytes) else text.encode(), own_options(), fill)


def changed(*changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def reported(*changes: tuple[str, str]) -> list[str]:
    found = read(changed(*changes))
    assert (found.profile is None) is bool(found.mistakes)
    return [str(mistake) for mistake in found.mistakes]


def test_a_good_profile_has_no_mistake() -> None:
    profile = read(GOOD).profile
    assert profile is not None
    assert profile.workers.model_dump()["account"] == "atlas"


IDLE = '"idle_timeout": { "default": "01:00:00" }'
WRITTEN = [
    # what was written instead of what, the place and the key, the remedy
    ('"nanny": true,', '"nanny": true, // no', "13:20:", "JSON has no comments. Remove this one."),
    ('"title": "Farm",', '# a title\n  "title": "Farm",', "4:3:", "JSON has no comments. Remove this one."),
    ('"ib0"]', '"ib0"],', "15:42:", "Remove this comma: nothing follows it before the }."),
    ('"Farm",', "'Farm',", "4:12:", "Use double quotes."),
    ('"Farm",', '"Farm",,', "4:19:", "Remove this comma: there is nothing before it."),
    ('"Farm",', '"Farm"', "4:18:", "A comma is missing here."),
    ('"partition"', '"partion"', "11:5:workers.partion", "Did you mean partition?"),
    ('"partition"', '"queue"', "11:5:workers.queue", "Did you mean partition?"),
    ('"partition"', '"Partition"', "11:5:workers.Partition", "Did you mean partition?"),
    ('"partition"', '"local_directory"', "11:5:workers.local_directory", "extra, jobs, nodes, memory, cpus,"),
    ('"partition"', '"setup"', "11:5:workers.setup", "does not belong here, but to the top."),
    ('"title"', '"partition"', "4:3:partition", "does not belong here, but to workers or scheduler."),
    ('"workers"', '"wokers"', "6:3:wokers", "Did you mean workers?"),
    ('"maximum": 1000', '"max": 1000', "7:29:workers.jobs.max", "Did you mean maximum?"),
    ('"jobs": { "default": 4, "maximum": 1000 },\n', "", "6:3:workers.jobs", "The key jobs is missing. Add it."),
    ("4, ", "4000, ", "7:26:workers.jobs.default", "The default 4000 is above the maximum 1000."),
    ('"3G"', '"33G"', "8:28:workers.memory.default", "The default 33G is above the maximum 32G."),
    ('"02:00:00"', '"9h"', "10:26:workers.time.default", "The default 09:00:00 is above the maximum 08:00:00."),
    ('"2G"', '"17G"', "18:28:scheduler.memory.default", "The default 17G is above the maximum 16G."),
    ('"3G"', '"100M"', "8:28:workers.memory.default", "The default 100M is below the minimum 256M."),
    ('"32G"', "8192", "8:45:workers.memory.maximum", "8192 has no unit. Write 8192M or 8192G."),
    ('"32G"', '"8192"', "8:45:workers.memory.maximum", "8192 has no unit. Write 8192M or 8192G."),
    ('"08:00:00"', '"UNLIMITED"', "10:49:workers.time.maximum", "Write 02:00:00, 2h or 1-00:00:00."),
    ('["--interface", "ib0"]', '"--x"', "15:20:workers.worker_args", 'Write a list, one item for each: ["--x"].'),
    ('["module load python/3.12", "export A=${B} {C}"]', '"module load a"', "22:12:setup", '["module load a"].'),
    ('"export A=${B} {C}"', "7", "22:40:setup[1]", "Write a text in double quotes."),
    ('["module load python/3.12", "export A=${B} {C}"]', '{ "before": [] }', "22:14:setup.before", "workers, after."),
    ('["module load python/3.12", "export A=${B} {C}"]', '{ "after": "a" }', "22:23:setup.after", '["a"].'),
    ('"slurm"', '"pbs"', "5:12:batch", "There is no batch system pbs. Write local or slurm."),
    (
        '{ "default": 4, "maximum": 1000 }',
        "4",
        "7:13:workers.jobs",
        "Write an object with the keys default, maximum, minimum.",
    ),
    # accepted before
    ('"02:00:00"', "60", "10:26:workers.time.default", "60 has no unit: Slurm reads minutes, others seconds."),
    ('"01:00:00"', "3600", "21:32:idle_timeout.default", "3600 has no unit"),
    ('"02:00:00"', '"60"', "10:26:workers.time.default", "Write 60m, 60s or 02:00:00."),
    ('"02:00:00"', "1.5", "10:26:workers.time.default", "1.5 has no unit"),
    ('"02:00:00"', '"01:00"', "10:26:workers.time.default", "Write 01:00:00 or 00:01:00."),
    ('"01:00:00"', '"90:00"', "21:32:idle_timeout.default", "Write 3-18:00:00 or 01:30:00."),
    ('"08:00:00" }\n  },', '"8:30" }\n  },', "19:49:scheduler.time.maximum", "Write 08:30:00 or 00:08:30."),
    ('"{group}"', '"{project}"', "12:16:workers.account", "Nothing replaces {project}. Write {group} or {user}"),
    ('"/sps/tools', '"/home/{username}', "24:13:python", "Nothing replaces {username}."),
    ("--nodes={nodes}", "--nodes={count}", "23:24:launcher[1]", "Write {cpus}, {group}, {nodes} or {user}"),
    ('"1" }', '"{threads}" }', "25:77:environment.set.OMP_NUM_THREADS", "Nothing replaces {threads}."),
    ('"--constraint=el9"', '"--constraint el9"', "14:15:workers.extra[0]", 'Write "--constraint=el9" or two items'),
    ('"--constraint=el9"', '"#SBATCH --x"', "14:15:workers.extra[0]", 'Write the argument alone: "--x".'),
    ('"--constraint=el9"', '" --x"', "14:15:workers.extra[0]", 'Write the argument alone: "--x".'),
    ('"--interface", "ib0"', '"--interface ib0"', "15:21:workers.worker_args[0]", 'two items, "--interface", "ib0".'),
    ('"srun", "--nodes={nodes}"', '"srun", "-n 4"', "23:24:launcher[1]", 'two items, "-n", "4".'),
    (
        '"/sps/tools/dask/bin/python"',
        '"apptainer exec i.sif python"',
        "24:13:python",
        "Write the words of a command as a list",
    ),
    ('"/sps/tools/dask/bin/python"', '"python -u"', "24:13:python", "Write one program without arguments"),
    ('"/sps/tools/dask/bin/python"', '"/sps/tools/dask/"', "24:13:python", "for example /sps/tools/dask/bin/python."),
    ('"/sps/tools/dask/bin/python"', '"dask/bin/python"', "24:13:python", "Write the whole path"),
    ('"/sps/tools/dask/bin/python"', '"~/dask/bin/python"', "24:13:python", "Nothing replaces ~."),
    ('"OMP_NUM_THREADS"', '"OMP-NUM"', "25:58:environment.set.OMP-NUM", "cannot be the name of a variable"),
    ('"OMP_NUM_THREADS"', '"1ST"', "25:58:environment.set.1ST", "cannot be the name of a variable"),
    ('"X509_USER_PROXY"', '"A=1"', "25:29:environment.keep[0]", "cannot be the name of a variable"),
    ('"X509_USER_PROXY"], "set"', '"A"], "drop": ["A"], "set"', "25:43:environment.drop", "A is in keep, too."),
    ('"ib0"]', '{ "expand": "--x=$(id)" }]', "15:36:workers.worker_args[1]", "replaces variables, $NAME, and nothing"),
    ('"ib0"]', '{ "expand": "a", "b": "c" }]', "15:36:workers.worker_args[1]", "object with the one key expand"),
    ('"ib0"', '{ "expand": "--name=$X" }', "15:20:workers.worker_args", "--name is set by the job script"),
    ('"X509_USER_PROXY"', '"A B"', "25:29:environment.keep[0]", "cannot be the name of a variable"),
    ("4, ", "0, ", "7:26:workers.jobs.default", "A whole number from 1 on."),
    (
        IDLE,
        '"idle_timeout": { "default": "9h" }',
        "21:32:idle_timeout.default",
        "09:00:00 is above the maximum 08:00:00",
    ),
    (
        IDLE,
        '"idle_timeout": { "default": "30s" }',
        "21:32:idle_timeout.default",
        "00:00:30 is below the minimum 00:01:00",
    ),
    (
        IDLE,
        IDLE + ',\n  "wait_for_running_percent": { "default": 0, "maximum": 200 }',
        "22:58:wait_for_running_percent.maximum",
        "from 0 to 100",
    ),
    ('"title": "Farm",', '"title": "Farm", "title": "Other",', "4:20:", "The key title is in line 4 already."),
    ('"nanny": true,', '"nanny": true, "nanny": false,', "13:20:", "The key nanny is in line 13 already."),
    ('"nanny": true', '"nanny": "yes"', "13:14:workers.nanny", "Write true or false, without quotes."),
    ('"nanny": true', '"nanny": 1', "13:14:workers.nanny", "Write true or false, without quotes."),
    (IDLE, IDLE + ', "grow": "true"', "21:54:grow", "Write true or false, without quotes."),
    ("4, ", '"4", ', "7:26:workers.jobs.default", "Write a whole number, without quotes."),
    ("4, ", "4.0, ", "7:26:workers.jobs.default", "Write a whole number, without quotes."),
]


@pytest.mark.parametrize(("old", "new", "place", "remedy"), WRITTEN, ids=[f"{row[1]}-{row[2]}" for row in WRITTEN])
def test_a_mistake_is_reported_with_line_key_and_remedy(old: str, new: str, place: str, remedy: str) -> None:
    found = read(changed((old, new)))
    assert found.profile is None
    places = {f"{one.line}:{one.column}:{one.key}": str(one.message) for one in found.mistakes}
    assert remedy in places.get(place, ""), places
    assert len(places) == 1, places


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"32G"', '"192GB"'),
        ('"32G"', '"8gb"'),
        ('"32G"', "34359738368"),
        ('"08:00:00"', '"1-00:00:00"'),
        ('"08:00:00"', '"1-12:00"'),
        ('"--constraint=el9"', '"--comment=two words"'),
        ('"/sps/tools/dask/bin/python"', '"python3"'),
        ('"Farm"', '"{ all }"'),
    ],
)
def test_what_is_right_stays_right(old: str, new: str) -> None:
    assert reported((old, new)) == []


def test_all_mistakes_are_reported_at_once_also_those_inside_a_misspelt_part() -> None:
    found = reported(
        ('"title": "Farm",', '"title": "Farm", // ours'),
        ('"workers"', '"wokers"'),
        ('"partition"', '"partion"'),
        ('"02:00:00"', "60"),
        ('"nanny": true', '"nanny": "yes"'),
        ('"2G"', '"17G"'),
    )
    assert [line.partition(": ")[2].partition(":")[0] for line in found] == [
        "JSON has no comments. Remove this one.",
        "wokers",
        "wokers.time.default",
        "wokers.partion",
        "wokers.nanny",
        "scheduler.memory.default",
    ]


def test_other_encodings_are_reported() -> None:
    latin = changed(('"Farm"', '"Ferme à calcul"')).encode("latin-1")
    assert [str(one) for one in read(latin).mistakes] == [
        "line 4, column 19: This character is not encoded in UTF-8. Save the file as UTF-8."
    ]
    [mark] = read(b"\xef\xbb\xbf" + GOOD.encode()).mistakes
    assert "byte order mark" in str(mark)


@pytest.mark.parametrize("text", ["", "[]", "null", "3", '"x"', "{", "{}", "}", "\x00"])
def test_what_is_no_profile_at_all_has_a_mistake(text: str) -> None:
    assert read(text).mistakes


def test_the_name_is_known_as_far_as_it_can_be_read() -> None:
    found = read(changed(('"nanny": true', '"nanny": "yes"')))
    assert (found.name, found.title) == ("farm", "Farm")


def profiles() -> list[str]:
    shipped = [path.read_text() for path in (CHECKOUT / "jupyterlab_dask_hpc" / "profiles").glob("*.json")]
    pages = "\n".join(path.read_text() for path in (CHECKOUT / "docs").glob("*.md"))
    blocks = re.findall(r"```json\n(.*?)```", pages, re.DOTALL)
    return [*shipped, *(block for block in blocks if '"idle_timeout": {' in block)]


@pytest.mark.parametrize("text", profiles(), ids=lambda text: str(json.loads(text)["name"]))
def test_shipped_and_documented_profiles_are_valid(text: str) -> None:
    assert [str(one) for one in read(text).mistakes] == []
