"""Python environments with the distributed that is to be compared."""

from __future__ import annotations

from pathlib import Path

import distributed
from support.once import virtual_environment

VERSIONS = {
    "newest": (f"dask=={distributed.__version__}", f"distributed=={distributed.__version__}", "numpy"),
    "oldest": ("dask==2023.5.0", "distributed==2023.5.0", "numpy<2"),
}
"""What each environment holds: the oldest distributed is the one that pyproject.toml promises."""
ALWAYS = ("threadpoolctl", "psutil")


def environment(version: str) -> Path:
    """The folder of a venv."""
    return virtual_environment(version, *VERSIONS[version], *ALWAYS).parents[1]
