"""The dialog that exports what is shown to a file: what, in which form, where to."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, ProgressBar, Static
from textual.widgets.option_list import Option

from sctp_tui.monitor import export
from sctp_tui.monitor.associations import Association
from sctp_tui.monitor.names import Names
from sctp_tui.monitor.text import units
from sctp_tui.sctp.events import Event
from sctp_tui.sctp.printable import printable
from sctp_tui.tui.actions import bindings
from sctp_tui.tui.widgets.scrolled import Menu

_PATIENCE = 1.0  # s that an export may take before it shows how far it is
_TURN = 200  # lines after which the writing thread sleeps, so that the screen can go on
_ENTRIES = 10_000  # entries of a folder that are looked through for a completion


class Exportable(msgspec.Struct, frozen=True):
    """Something to export: `lines` makes its pieces, of which there are `count`, for the progress bar."""

    name: str
    form: str
    suffix: str
    what: str
    count: int
    lines: Callable[[], Iterable[bytes]]


def sources(
    events: Sequence[Event],
    rows: Sequence[Association],
    columns: Sequence[str],
    now: float,
    picture: str,
    names: Names,
) -> list[Exportable]:
    """What can be exported: the log, the table with these columns, and the screen as a picture (SVG).

    None of the arguments may change any more, as another thread writes them.
    """
    ports = {row.key: row.own_port for row in rows}
    log, table = units.many(len(events), "event"), units.many(len(rows), "association")
    return [
        Exportable(
            "log", "JSON lines", ".jsonl", log, len(events), lambda: export.log_as_json(events, names, ports)
        ),
        Exportable("log", "CSV", ".csv", log, len(events), lambda: export.log_as_csv(events, names, ports)),
        Exportable(
            "associations",
            "JSON lines",
            ".jsonl",
            table,
            len(rows),
            lambda: export.rows_as_json(rows, columns, now),
        ),
        Exportable(
            "associations", "CSV", ".csv", table, len(rows), lambda: export.rows_as_csv(rows, columns, now)
        ),
        Exportable("screen", "SVG picture", ".svg", "the screen", 1, lambda: [picture.encode()]),
    ]


class ExportScreen(ModalScreen[str]):
    """Answers with what was written, None for nothing. Errors are shown here, where they can be corrected."""

    DEFAULT_CSS = """
    ExportScreen {
        align: center middle;
        Vertical {
            width: 70;
            max-width: 96%;
            height: auto;
            padding: 0 1;
            border: round $accent;
            border-title-color: $text-accent;
            border-subtitle-color: $text-muted;
            background: $surface;
        }
        OptionList, OptionList:focus {
            height: auto;
            border: none;
            padding: 0;
            background: $surface;
        }
        Input { border: none; height: 1; padding: 0 1; margin-top: 1; background: $boost; }
        Input:focus { background: $surface-active; }
        Static { color: $text-muted; height: auto; min-height: 1; max-height: 4; margin-top: 1; }
        Static.-failed { color: $text-error; }
        Static.-asks { color: $text-warning; }
        ProgressBar { display: none; }
        ProgressBar Bar { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("export")

    class Done(Message):
        """The thread has ended: `size` bytes were written, or `failed` says why none were."""

        def __init__(self, size: int, failed: str) -> None:
            super().__init__()
            self.size = size
            self.failed = failed

    def __init__(self, choices: Sequence[Exportable], at: float, title: str = "Export what is shown") -> None:
        super().__init__()
        self._title = title
        self._sources = choices
        self._stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(at))
        self._thread: threading.Thread | None = None
        self._path = Path()
        self._overwrites: Path | None = None  # an existing file that the user was asked about
        self._written = 0
        self._cancelled = False

    def compose(self) -> ComposeResult:
        with Vertical() as dialog:
            dialog.border_title = self._title
            yield Menu(
                *(
                    Option(
                        Content.assemble(
                            source.name.ljust(13),
                            source.form.ljust(12),
                            (source.what.rjust(32), "$text-muted"),
                        )
                    )
                    for source in self._sources
                )
            )
            yield Input(suggester=_Paths(), select_on_focus=False)
            yield Static(markup=False)
            yield ProgressBar()

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0
        self._say("Enter exports, Tab to the name, Esc leaves")

    def _say(self, text: str, look: str = "") -> None:
        line = self.query_one(Static)
        line.update(printable(text))
        line.set_classes(look)

    @property
    def _source(self) -> Exportable:
        return self._sources[self.query_one(OptionList).highlighted or 0]

    # --- where to

    @on(OptionList.OptionHighlighted)
    def _follow_source(self) -> None:
        """Name the file after what is in it; a folder that was typed stays."""
        field = self.query_one(Input)
        folder = os.path.dirname(field.value) if field.value else os.getcwd()
        field.value = os.path.join(folder, f"sctp-{self._source.name}-{self._stamp}{self._source.suffix}")
        field.cursor_position = len(field.value)

    @on(Input.Changed)
    def _another_name(self) -> None:
        if self._overwrites is not None:
            self._overwrites = None
            self._say("")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _export(self) -> None:
        if self._thread is not None:
            return
        name = self.query_one(Input).value
        try:
            if "\0" in name:  # Python's own error differs between versions
                raise ValueError("there is a NUL in it")
            path = Path(os.path.expanduser(name)).absolute()
            there = _size(path)
            folder = path.is_dir() or not name or name.endswith("/")
        except (OSError, ValueError) as error:
            self._say(f"this can't be a file's name: {_why(error)}", "-failed")
            return
        if folder:
            self._say("this is a folder: give the name of a file in it", "-failed")
        elif there is not None and self._overwrites != path:
            self._overwrites = path
            self._say(
                f"{path.name} is there already, {units.size(there)}: Enter again overwrites it", "-asks"
            )
        else:
            self._begin(path, over=there is not None)

    # --- writing

    def _begin(self, path: Path, over: bool) -> None:
        self._path, self._written, self._cancelled = path, 0, False
        self._say(f"writing {path}")
        self._thread = threading.Thread(
            target=self._write, args=(self._source, over), name="export", daemon=True
        )
        self._thread.start()
        self.set_timer(_PATIENCE, self._show_progress)

    def _write(self, source: Exportable, over: bool) -> None:
        """Write the file. Runs in a thread of its own, as a disk may be slow."""
        size, failed = 0, "by an error of this program"
        try:
            size = export.write(self._path, source.lines(), self._told, over=over)
            failed = ""
        except export.Cancelled:
            failed = "cancelled"
        except FileNotFoundError:
            failed = f"there is no folder {printable(str(self._path.parent))}"
        except (OSError, ValueError) as error:
            failed = _why(error)
        finally:
            self.post_message(self.Done(size, failed))

    def _told(self, lines: int) -> None:
        self._written = lines
        if lines % _TURN == 0:
            time.sleep(0.001)  # else the screen's thread waits 5 ms each time for the interpreter
        if self._cancelled:
            raise export.Cancelled

    def _show_progress(self) -> None:
        if self._thread is not None:
            bar = self.query_one(ProgressBar)
            bar.display = True
            self._say(f"writing {self._path}, Esc cancels")
            self._progress()
            self.set_timer(0.1, self._show_progress)

    def _progress(self) -> None:
        self.query_one(ProgressBar).update(total=self._source.count, progress=self._written)

    @on(Done)
    def _done(self, done: Done) -> None:
        self._thread = None
        self.query_one(ProgressBar).display = False
        if done.failed:
            self._say(f"nothing was written: {done.failed}", "-failed")
        else:
            self.dismiss(
                f"exported {self._source.what}, {units.size(done.size)}, to {printable(str(self._path))}"
            )

    def action_back(self) -> None:
        """Cancel the export that is being written, or leave."""
        if self._thread is None:
            self.dismiss(None)
        else:
            self._cancelled = True

    def on_unmount(self) -> None:
        """Cancel and wait, so that leaving the program leaves no half-written file."""
        self._cancelled = True
        if self._thread is not None:
            self._thread.join(1.0)


def _size(path: Path) -> int | None:
    """Size in bytes of an existing file, None for none. Raises OSError for an impossible name."""
    try:  # not `exists`, which for a name that is too long raises in some versions only
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


class _Paths(Suggester):
    """Completes what is typed to an existing folder or file; the right arrow accepts it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The value, completed to the first name that begins so, folders before files."""
        folder, prefix = os.path.split(value)
        if not prefix:
            return None
        try:
            with os.scandir(os.path.expanduser(folder) or ".") as entries:
                names = [
                    (not entry.is_dir(), entry.name)
                    for entry in islice(entries, _ENTRIES)
                    if entry.name.startswith(prefix) and entry.name.isprintable()
                ]
        except (OSError, ValueError):
            return None
        if not names:
            return None
        is_file, name = min(names)
        return value + name[len(prefix) :] + ("" if is_file else "/")
