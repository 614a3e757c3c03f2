"""Where the tests write: into `.test` of the checkout, and in the guest, who may not, into its own TMPDIR."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ["TMPDIR"]) if "SCTP_TUI_IN_LAB" in os.environ else ROOT / ".test"


def environment() -> dict[str, str]:
    """This process's environment with a home and a folder for temporary files that are there, and ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    ours = {"HOME": "home", "TMPDIR": "tmp", "HYPOTHESIS_STORAGE_DIRECTORY": "hypothesis"}
    for name in ours.values():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    return kept | {variable: str(FOLDER / name) for variable, name in ours.items()}
