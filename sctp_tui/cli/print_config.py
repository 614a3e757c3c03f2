"""`--print-config`: a config file with every option and every key, the unset ones as comments."""

import json
import re
import textwrap
from argparse import Action
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sctp_tui.tui.actions import ACTIONS

from .config import Config
from .option_types import IN_CONFIG
from .options.screen import screen_parser
from .stdout import LineOutput, OutputEnded, complain

_WIDTH = 100  # columns


def print_config(argv: Sequence[str]) -> int:
    """Print what `argv`, which has no mistake, and the config file set; the exit status."""
    parser = screen_parser()
    actions = {action.dest: action for action in parser._actions}
    for action in actions.values():
        action.type = None  # as it was written
    given = vars(parser.parse_args(argv))
    file = dict(Config(Path(given["config"]) if "config" in given else None))
    keys = {name.removeprefix("keys."): text for name, text in file.items() if name.startswith("keys.")}
    keys |= dict(text.split("=", 1) for text in given.get("key", ()))
    output = LineOutput()
    try:
        for line in _lines(actions, file | given, keys):
            output.add(line)
        output.flush()
    except OutputEnded as error:
        if str(error):
            complain(str(error))
        return 1
    return 0


def _lines(actions: Mapping[str, Action], given: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[str]:
    """The lines of the file: `given` are options as they are set, as text or as a file has them."""
    for name in IN_CONFIG:
        if name == "key":
            continue
        about = (actions[name].help or "").replace("%%", "%")
        yield from textwrap.wrap(about, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        if name in given:
            yield f"{name} = {_toml(given[name])}"
        else:
            yield f"#{name} = {'false' if actions[name].nargs == 0 else json.dumps(actions[name].metavar)}"
        yield ""
    yield "[keys]"
    for row in ACTIONS:
        sign = "" if row.name in keys else "#"
        yield f"{sign}{row.name} = {json.dumps(keys.get(row.name, row.keys))}  # {row.help}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    text = str(value)
    return text if re.fullmatch(r"\d+(\.\d+)?", text) else json.dumps(text, ensure_ascii=False)
