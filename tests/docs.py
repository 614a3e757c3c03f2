"""The documentation for users: README and the files beside it, and the help topics."""

from pathlib import Path

from sctp_tui.help import TOPICS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
TOPIC_FILES = {name: ROOT / "sctp_tui" / "help" / f"{name}.md" for name in TOPICS}
DOCS = (*sorted(ROOT.glob("*.md")), *TOPIC_FILES.values())
