"""The record: what version 1 wrote is translated, key by key; nothing else is let in with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.sample import record, text_message
from dask_hpc.messages import Message
from jupyterlab_dask_hpc.core.record import VERSION, Record
from jupyterlab_dask_hpc.core.record_version_1 import from_version_1

V1: dict[str, Any] = json.loads((Path(__file__).parents[1] / "recorded/clusters/v1/record.json").read_text())
"""As the first version wrote it."""
LATER: dict[str, Any] = {
    **V1,
    "wish": "stop",
    "ill": True,
    "reason": "Stopped.",
    "keep_workers": True,
    "denied": "Slurm refused the workers.",
    "denied_at": 1.5,
    "submits": [
        V1["submits"][0],
        V1["submits"][1] | {"asked": 2.5, "tries": 2, "over": True, "dismissed": "0", "relieved": [1]},
    ],
}
"""With every key that a later one of version 1 could write."""


def test_every_name_of_version_1_has_its_name_of_now() -> None:
    now = Record.model_validate(LATER)
    assert (now.version, now.desired, now.failed, now.replace_workers) == (VERSION, "stopped", True, True)
    assert (now.scale_up_refused, now.scale_up_refused_at) == (text_message("Slurm refused the workers."), 1.5)
    assert now.reason == text_message("Stopped.")
    assert [submission.role for submission in now.submissions] == ["scheduler", "workers"]
    workers = now.submissions[1]
    assert (workers.submitted_at, workers.attempts, workers.finished) == (2.5, 2, True)
    assert (workers.released, workers.replaced, workers.processes) == ((0,), (1,), 1)
    assert set(from_version_1(LATER)) <= set(Record.model_fields)
    assert Record.model_validate(V1).desired == "running"


def test_what_is_written_is_of_this_version_and_read_as_it_was() -> None:
    now = Record.model_validate(LATER)
    written = json.loads(now.model_dump_json())
    assert written["version"] == VERSION
    assert not set(written) & {"submits", "wish", "ill", "keep_workers", "denied"}
    assert Record.model_validate(written) == now


@pytest.mark.parametrize(
    "change",
    [{"wish": ["run"]}, {"wish": "walk"}, {"submits": 3}, {"submits": [3]}, {"submits": [{"role": []}]}],
    ids=str,
)
def test_a_damaged_record_of_version_1_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Record.model_validate(V1 | change)


def test_a_record_of_this_version_is_not_translated() -> None:
    written = json.loads(record().model_dump_json())
    assert Record.model_validate(written | {"wish": "stop"}).desired == "running"


def test_a_message_is_kept_with_its_code_and_a_text_of_before_is_shown_as_it_is() -> None:
    why = Message("reason.scheduler-unanswered", batch="Slurm", detail="timed out")
    written = json.loads(record(reason=why, scale_up_refused=why).model_dump_json())
    assert written["reason"] == why.as_json()
    now = Record.model_validate_json(json.dumps(written))
    assert (now.reason, now.scale_up_refused) == (why, why)
    before = Record.model_validate(written | {"version": 2, "reason": "You logged out.", "scale_up_refused": ""})
    assert (before.version, before.reason, before.scale_up_refused) == (VERSION, text_message("You logged out."), None)


@pytest.mark.parametrize("reason", [3, ["Stopped."], {"code": "reason.stopped", "params": {}}], ids=str)
def test_a_reason_that_is_no_message_is_refused(reason: object) -> None:
    with pytest.raises(ValueError, match="no message"):
        Record.model_validate(record().model_dump() | {"reason": reason})
