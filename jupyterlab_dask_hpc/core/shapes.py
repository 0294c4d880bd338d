"""What all objects of `docs/contract.md` share. Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

Json = dict[str, Any]


def iso_utc(seconds: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
