"""Texts for the headings of the table and the log: the filter, and the counts."""

from sctp_tui.monitor.filter.view import FilteredAssociations, FilteredLog, View
from sctp_tui.monitor.monitor import Monitor
from sctp_tui.monitor.text.events import refusals_text
from sctp_tui.sctp.printable import printable


def note(view: View, applied: bool) -> str:
    """The filter, where it is `applied` to what is below the heading; one that is off says so."""
    if view.filter is None or not (applied or not view.on):
        return ""
    return f"/ {printable(view.filter.text)}" + ("" if view.on else "  off, F: on")


def of_associations(monitor: Monitor, view: View) -> tuple[str, str]:
    """Note and numbers: associations live and ended, or shown by the filter; evicted and refused ones."""
    associations, rows = monitor.associations, view.rows
    some = associations.live or associations.ended or associations.listening
    numbers = [f"{associations.live} live"] if some else []
    if associations.listening:
        numbers.append(f"{associations.listening} listening")
    if associations.ended:
        numbers.append(f"{associations.ended} ended")
    if isinstance(rows, FilteredAssociations):
        numbers = [f"{len(rows)} of {rows.total} shown"]
    if associations.evicted:
        numbers.append(f"{associations.evicted} evicted")
    if monitor.totals is not None and monitor.totals.refused:
        numbers.append(refusals_text(monitor.totals))
    return note(view, isinstance(rows, FilteredAssociations)), ", ".join(numbers)


def of_log(monitor: Monitor, view: View) -> tuple[str, str]:
    """Note and numbers: captured by the engine, kept here to be shown, dropped as the screen was too slow."""
    log, shown = monitor.log, view.log
    filtered = isinstance(shown, FilteredLog)
    if view.progress < 1:
        numbers = f"filtering… {view.progress:.0%}"
    else:
        newest = "newest " if log.captured > len(log) else ""
        of_all = f" of {newest}{len(log):,}" if filtered else ""
        captured = f"{log.captured + monitor.dropped:,} captured"
        here = f"{'' if filtered else newest}{len(shown):,}{of_all} shown"
        numbers = f"{captured}, {here}, {monitor.dropped:,} dropped"
    return note(view, filtered), numbers
