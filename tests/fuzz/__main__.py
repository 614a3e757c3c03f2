"""All targets for a long time: `python -m tests.fuzz [MINUTES [TARGET…]]`; `make fuzz` calls it.

Every test here that hypothesis gives its arguments is a target. Each gets the same share of the time, led by
what it reaches of the program (atheris), and goes on from the inputs that the last run has left in
`.test/fuzz`. What fails is kept where hypothesis finds it: `pytest tests/fuzz` then fails by it, too. Where
no time is given the storm comes first, in full.
"""

import importlib
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

from ..places import FOLDER, ROOT, environment

MINUTES = 60.0


def targets() -> dict[str, str]:
    """The module of each target, by the target's name."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.fuzz.{path.stem}")
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if hasattr(test, "hypothesis") and not inspect.signature(test).parameters:
                found[name] = module.__name__
    return found


def main(minutes: float | None, chosen: list[str]) -> int:
    """Run them; 0 if nothing failed."""
    if importlib.util.find_spec("atheris") is None:
        sys.exit(
            "atheris is missing: pip install --group fuzz (Linux on x86-64), or set SCTP_TUI_FUZZ_EXAMPLES"
        )
    all_of_them = targets()
    if unknown := set(chosen) - set(all_of_them):
        sys.exit(f"no such target: {', '.join(unknown)}; there are {', '.join(all_of_them)}")
    env, failed = environment(), []
    if minutes is None and not chosen:
        failed += ["the storm"] * bool(python(env, "tests.fuzz.storm"))
    names = chosen or list(all_of_them)
    seconds = round((minutes or MINUTES) * 60 / len(names))
    for name in names:
        corpus = FOLDER / "fuzz" / name
        corpus.mkdir(parents=True, exist_ok=True)
        print(f"{name}: {seconds} s", flush=True)
        if python(env, "tests.fuzz.guided", all_of_them[name], name, str(corpus), str(seconds)):
            failed.append(name)
    print(
        f"failed: {', '.join(failed)}" if failed else f"{len(names)} targets, {seconds} s each: none failed"
    )
    return int(bool(failed))


def python(env: dict[str, str], module: str, *words: str) -> int:
    """Run a module in a process of its own, which may crash: its exit status."""
    command = [sys.executable, "-X", "faulthandler", "-m", module, *words]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else None, sys.argv[2:]))
