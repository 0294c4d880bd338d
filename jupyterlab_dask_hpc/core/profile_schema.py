"""The JSON Schema of the file of a profile, made from the models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ..batch.base import BatchOptions
from .profile import profile_model
from .ranges import TIME_PATTERN
from .units import write_memory, write_time


class _Schema(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        """No titles: they repeat the keys."""
        return False


def profile_schema(options: Mapping[str, type[BatchOptions]]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12), with which editors complete and check a profile.

    It has the part of each batch system under ``$defs``. What depends on several keys, such as a default above its
    maximum, it cannot say.

    Args:
        options: for each batch system, the model of its options.
    """
    names = sorted(options)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Profile of jupyterlab-dask-hpc",
        "type": "object",
        "required": ["batch"],
        "properties": {"batch": {"enum": names}},
        "allOf": [
            {
                "if": {"properties": {"batch": {"const": name}}, "required": ["batch"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in names
        ],
        "$defs": {name: batch_schema(name, options[name]) for name in names},
    }


def batch_schema(name: str, options: type[BatchOptions]) -> dict[str, Any]:
    """JSON Schema of profiles for one batch system, for use below ``#/$defs/NAME``."""
    schema = profile_model(options).model_json_schema(
        ref_template=f"#/$defs/{name}/$defs/{{model}}", schema_generator=_Schema
    )
    batch = schema["properties"].pop("batch")
    about = {"description": "the JSON Schema of this file, for editors", "type": "string"}
    first = {"$schema": about, "batch": {"description": batch["description"], "const": name}}
    schema["properties"] = {**first, **schema["properties"]}
    _as_in_a_file(schema)
    return schema


def _as_in_a_file(node: Any) -> None:
    """Write defaults as they are written in a file, and each description in one line."""
    if isinstance(node, dict):
        default = node.get("default")
        if isinstance(default, int) and node.get("pattern") == TIME_PATTERN:
            node["default"] = write_time(default)
        if isinstance(default, int) and node.get("x-written") == "memory":
            node["default"] = write_memory(default)
        for key in ("choices", "all"):  # what a list stands for
            if isinstance(default, dict) and key in default:
                node["default"] = default[key]
        if isinstance(about := node.get("description"), str):
            node["description"] = about.replace("\n", " ")
        for value in node.values():
            _as_in_a_file(value)
    elif isinstance(node, list):
        for value in node:
            _as_in_a_file(value)
