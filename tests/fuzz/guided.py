"""One target of `tests.fuzz`, led by coverage: `python -m tests.fuzz.guided MODULE TARGET CORPUS SECONDS`."""

import importlib
import sys
from pathlib import Path

import atheris


def main(module: str, target: str, corpus: str, seconds: str) -> None:
    """Run it for so long; does not come back. What fails ends it with a traceback and a status of its own."""
    with atheris.instrument_imports(include=["sctp_tui"]):
        test = getattr(importlib.import_module(module), target)
    options = [
        f"-max_total_time={seconds}",
        "-print_final_stats=0",
        "-verbosity=0",
        "-max_len=4096",
        "-timeout=60",
        "-rss_limit_mb=4096",
        f"-artifact_prefix={Path(corpus).parent}/{target}-",
    ]
    atheris.Setup([sys.argv[0], *options, corpus], test.hypothesis.fuzz_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
