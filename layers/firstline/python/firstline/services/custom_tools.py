"""Read the declarations of a company's own tools."""

from __future__ import annotations

from pydantic import ValidationError

from firstline.domain.custom_tools import CustomTool, check_name
from firstline.domain.tool_errors import InvalidCustomToolsError
from firstline.services.settings_files import first_fault, read_declarations


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
    read = read_declarations(path, what="custom tools", refusal=InvalidCustomToolsError)
    return {name: _declared(path, name, content) for name, content in read.items()}


def _declared(path: str, name: str, content: object) -> CustomTool:
    try:
        check_name(name)
        return CustomTool.model_validate(content)
    except ValidationError as error:
        raise InvalidCustomToolsError(first_fault(path, name, error)) from error
    except ValueError as error:
        raise InvalidCustomToolsError(f"{path}: {name}: {error}") from error
