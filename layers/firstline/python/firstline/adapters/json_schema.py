"""JSON Schema by the package ``jsonschema-rs``, which is imported where a company declares tools of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.domain.tool_errors import InvalidCustomToolsError
from firstline.domain.tool_ports import ArgumentCheck

_MOST_PROBLEMS = 3


class JsonSchemas:
    """Implements ``ArgumentSchemas``: draft 2020-12 unless a schema says another; nothing is fetched from anywhere."""

    def compiled(self, schema: Mapping[str, Any]) -> ArgumentCheck:
        """Return the check of a schema.

        Raises
        ------
        InvalidCustomToolsError
            It is no schema, or refers to another document, or the package is not installed.
        """
        try:
            import jsonschema_rs
        except ImportError as error:
            raise InvalidCustomToolsError("custom tools need the package jsonschema-rs") from error
        try:
            validator = jsonschema_rs.validator_for(dict(schema), retriever=_nothing, mask="the value")
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
            raise InvalidCustomToolsError(f"this is no JSON schema: {str(error).splitlines()[0][:200]}") from error

        def problem(arguments: Mapping[str, Any]) -> str:
            found = []
            for error in validator.iter_errors(dict(arguments)):
                place = ".".join(str(part) for part in error.instance_path) or "arguments"
                found.append(f"{place}: {error.message}")
                if len(found) == _MOST_PROBLEMS:
                    break
            return "; ".join(found)

        return problem


def _nothing(uri: str) -> Any:
    raise ValueError(f"a schema may not refer to {uri[:100]}")
