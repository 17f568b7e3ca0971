"""Read the declarations of a company's own tools."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from firstline.domain.custom_tools import CustomTool, check_name
from firstline.domain.tool_errors import InvalidCustomToolsError


def declared_tools(path: str) -> dict[str, CustomTool]:
    """Read the settings file of custom tools: YAML or JSON, a mapping of names to declarations, in their order.

    Parameters
    ----------
    path : str
        Empty for none.

    Raises
    ------
    InvalidCustomToolsError
        It is not there, not YAML, or declares what no tool can be; the message names the place.
    """
    if not path:
        return {}
    import yaml

    try:
        read = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidCustomToolsError(f"the file of custom tools, {path}, cannot be read: {error}") from error
    if not isinstance(read, dict):
        raise InvalidCustomToolsError(f"{path} must map names of tools to their declarations")
    return {str(name): _declared(path, str(name), content) for name, content in read.items()}


def _declared(path: str, name: str, content: object) -> CustomTool:
    try:
        check_name(name)
        return CustomTool.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in (name, *first["loc"]))
        raise InvalidCustomToolsError(f"{path}: {place}: {first['msg']}") from error
    except ValueError as error:
        raise InvalidCustomToolsError(f"{path}: {name}: {error}") from error
