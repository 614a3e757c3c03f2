"""Opens a source by the names that a user gives; what each file is is told by its content."""

from collections.abc import Sequence

from sctp_tui.sctp.endpoint import UDP_PORT

from .capture import Capture
from .interfaces import Interfaces
from .octets import Octets, UnreadableSource
from .recording import Recording
from .source import EVERYTHING, HOST, Source, Wanted


def open_source(
    names: Sequence[str],
    stdin: int = 0,
    wanted: Wanted = EVERYTHING,
    *,
    follow: bool = False,
    interfaces: Sequence[str] = (),
    udp_port: int | None = None,
    once: bool = False,
) -> Source:
    """The source of these names: files, "-" for standard input, which is the descriptor `stdin`, or "host:".

    It tells at least what is wanted. `follow`: what is appended to a file is told, too. `interfaces` in place
    of files, or beside "host:", are captured, with SCTP in UDP on that port (None: 9899). With `once` a
    source that has no end is looked at once, but for those. Of files, waits for the first octet of each.
    Raises `UnreadableSource` where one is not there.
    """
    if interfaces:
        udp_port = UDP_PORT if udp_port is None else udp_port
        if HOST in names:
            from .host_capture import HostCapture  # it imports the kernel's stack, as `host` does

            return HostCapture(interfaces, udp_port)
        return Interfaces(interfaces, udp_port)
    if HOST in names:
        from . import host  # it imports the kernel's stack, which takes longer than a small file

        if len(names) > 1:
            raise UnreadableSource(f"{HOST} stands alone: open the others in a second sctp-tui")
        if follow:
            raise UnreadableSource(f"--follow: {HOST} is looked at again anyway: leave --follow out")
        return host.Host(once=once)
    files = [Octets(name, stdin, follow=follow) for name in names]
    of_lines = [file for file in files if file.peek(1) == b"{"]
    if not of_lines:
        return Capture(names, stdin, wanted, files)
    if len(files) > 1:
        raise UnreadableSource(f"{of_lines[0].name}: it is a recording: open it alone")
    return Recording(names[0], files[0])
