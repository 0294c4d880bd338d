"""Records of version 1, with the names of today. Pure."""

from __future__ import annotations

from typing import Any

_RENAMED = {
    "submits": "submissions",
    "ill": "failed",
    "keep_workers": "replace_workers",
    "denied": "scale_up_refused",
    "denied_at": "scale_up_refused_at",
}
_RENAMED_OF_A_SUBMISSION = {
    "asked": "submitted_at",
    "tries": "attempts",
    "over": "finished",
    "dismissed": "released",
    "relieved": "replaced",
}
_ROLES = {"scheduler": "scheduler", "worker": "workers"}
_DESIRED = {"run": "running", "stop": "stopped"}


def from_version_1(value: dict[str, Any]) -> dict[str, Any]:
    """A version 1 record with the current names. Validation reports what does not fit."""
    record = _renamed(value, _RENAMED)
    if "wish" in record:
        record["desired"] = _translated(record.pop("wish"), _DESIRED)
    submissions = record.get("submissions")
    if isinstance(submissions, list):
        record["submissions"] = [
            _submission_from_version_1(one) if isinstance(one, dict) else one for one in submissions
        ]
    return record


def _submission_from_version_1(value: dict[str, Any]) -> dict[str, Any]:
    submission = _renamed(value, _RENAMED_OF_A_SUBMISSION)
    return submission | {"role": _translated(submission.get("role"), _ROLES)}


def _renamed(value: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): item for key, item in value.items()}


def _translated(value: Any, words: dict[str, str]) -> Any:
    return words.get(value, value) if isinstance(value, str) else value
