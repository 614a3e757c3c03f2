"""Where tests write files: `.test` of the checkout; in the guest, which may not, its own TMPDIR."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ["TMPDIR"]) if "SCTP_TUI_IN_LAB" in os.environ else ROOT / ".test"
_DROPPED = ("XDG_", "PYTHONDONTWRITEBYTECODE")


def environment() -> dict[str, str]:
    """This process's environment, with a home and folders for temporary files within `FOLDER`.

    What is imported is compiled once, not by each of the hundreds of processes that tests start.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    ours = {"HOME": "home", "TMPDIR": "tmp", "HYPOTHESIS_STORAGE_DIRECTORY": "hypothesis"}
    for name in ours.values():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    return kept | {variable: str(FOLDER / name) for variable, name in ours.items()}
