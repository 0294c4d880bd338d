"""The commands that a scheduler runs without its server: written once for a burst of submissions, and all of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from core.sample import record

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control import cancel_commands
from jupyterlab_dask_hpc.control.cancel_commands import INTERVAL_S, CancelCommands
from jupyterlab_dask_hpc.core.record import Record, with_submission

WORKERS = 200


def test_a_burst_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = cancel_commands.write_settings

    def counted(*arguments: Any, **more: Any) -> None:
        written.append(arguments)
        write(*arguments, **more)

    monkeypatch.setattr(cancel_commands, "write_settings", counted)
    commands = CancelCommands(tmp_path, Slurm(), 1800.0)
    known: Record = record(WORKERS, largest=0)
    began = time.monotonic()
    for number, one in enumerate(known.worker_submissions):
        known = with_submission(known, one.name, submitted_at=1.0)
        commands.update(known)
        known = with_submission(known, one.name, id=str(100 + number))
        commands.update(known)
    assert len(written) <= 1 + (time.monotonic() - began) / INTERVAL_S
    # By its name while its id is not known.
    first = known.worker_submissions[0].name
    assert written[0][3] == Slurm().cancel_commands([], [first])
    time.sleep(INTERVAL_S)
    commands.write_if_due(known)
    commands.write_if_due(known)
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["cancel"] == Slurm().cancel_commands([str(100 + number) for number in range(WORKERS)], [])
    assert (settings["workers"], settings["lease"]) == (WORKERS, 1800.0)
    count = len(written)
    time.sleep(INTERVAL_S)
    commands.write_if_due(known)
    assert len(written) == count
