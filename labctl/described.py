"""Models whose fields are described by the docstrings below them, read when asked for.

pydantic's own ``use_attribute_docstrings`` reads and splits the source of every model
while it is imported, a tenth of a start; nobody but help, forms and the API's schema
asks for a field's description. For the same reason what validates a model is built
when the first value comes in.
"""

import ast
import functools
import inspect
import itertools
import textwrap
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue


class Described(BaseModel):
    """Base of models whose fields have docstrings; they stand in the JSON schema.

    Give the configuration as class arguments, or as a ``model_config`` of one's own: it
    is added to this one.
    """

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Any, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Return pydantic's schema, each field with its docstring."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in docstrings(cls).items():
            about = cls.model_fields.get(name)
            if about is None or about.description is not None:
                continue
            for key in (name, about.alias, about.serialization_alias):
                if key in properties:
                    properties[key]["description"] = text
        return schema


@functools.cache
def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field that has one, inherited ones too.

    A model whose source is not at hand (made while the program runs) adds none.
    """
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind is BaseModel or not issubclass(kind, BaseModel):
            continue
        for name, text in _stated(kind).items():
            if text is None:
                found.pop(name, None)  # said anew, without a word about it
            else:
                found[name] = text
    return found


@functools.cache
def _stated(model: type[BaseModel]) -> dict[str, str | None]:
    """Return what the class body itself says of its fields; None: nothing."""
    try:
        source = textwrap.dedent(inspect.getsource(model))
    except (OSError, TypeError):
        return {}
    lines = [line for top in ast.parse(source).body for line in _lines_of(top)]
    stated: dict[str, str | None] = {}
    for line, below in itertools.zip_longest(lines, lines[1:]):
        if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)):
            continue
        text = None
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            value = below.value.value
            text = inspect.cleandoc(value) if isinstance(value, str) else None
        stated[line.target.id] = text
    return stated


def _lines_of(top: ast.stmt) -> list[ast.stmt]:
    return top.body if isinstance(top, ast.ClassDef) else []
