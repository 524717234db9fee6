"""Plain data as YAML text that `hardened_yaml` reads back as it was."""

import math
from typing import Any

import yaml

from labctl.documents.scalars import is_text


def write_yaml(data: Any) -> str:
    """Write plain data, short lists and blocks in one line each."""
    return _dumped(data, flow=None, width=88)


def one_line(data: Any) -> str:
    """Write plain data in one line."""
    text = _dumped(data, flow=True, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")


class _Dumper(yaml.SafeDumper):
    """Indents lists, names nothing twice, quotes what would not read back as text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None if is_text(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)


def _dumped(data: Any, *, flow: bool | None, width: float) -> str:
    text: str = yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=width,
    )
    return text
