"""The capture that reading is measured with: a guest's SCTP, as tcpdump saw it there, many times over.

Some associations side by side, each on two addresses: small messages asked and answered, and large ones in
fragments, on a loopback that loses some packets. The guest records some 20,000 packets; the file repeats them
with other ports and later times, so that each time they are other associations.

    python -m tests.bench.captured FOLDER      in the guest: leaves seen.pcap there
    python -m tests.bench.captured FILE PACKETS      makes a capture of so many packets
"""

import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from sctp_tui.lab.errors import LabError
from sctp_tui.lab.runner import capture
from sctp_tui.sources.octets import Octets
from sctp_tui.sources.records import Record, records
from tests.sources.files import interface, packet_block, section

from .figures import NotMeasured

_RECORDED = 20_000
_PAIRS = 12
_PORT, _CLIENT = 9200, 20_000
_CLIENT_STEP = 1000  # between the ports of two clients: room for so many repetitions
_LIMIT = 240.0
_MTU, _NETEM = "1500", ("delay", "2ms", "loss", "0.5%")


def make(path: Path, packets: int) -> None:
    """Write a pcapng with so many packets. Raises `NotMeasured` where no guest can be had."""
    frames = _recorded()
    first = frames[0].at or 0
    span = (frames[-1].at or 0) - first + 1_000_000_000
    with path.open("wb") as file:
        file.write(section() + interface(frames[0].link))
        for number in range(packets):
            again, at = divmod(number, len(frames))
            one = frames[at]
            moment = ((one.at or 0) + again * span) // 1000
            file.write(packet_block(_shifted(one.data, again), moment))


def _shifted(frame: bytes, by: int) -> bytes:
    """The same frame of another association: the client's port is another one."""
    at = 14 + (frame[14] & 15) * 4
    if frame[23] != 132:
        return frame
    ports = [port + by if port >= _CLIENT else port for port in struct.unpack_from("!HH", frame, at)]
    return frame[:at] + struct.pack("!HH", *ports) + frame[at + 4 :]


def _recorded() -> list[Record]:
    if shutil.which("tcpdump") is None:
        raise NotMeasured("no tcpdump here")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)  # the guest may be another user
        try:
            done = capture([sys.executable, "-m", "tests.bench.captured", name], timeout=_LIMIT)
        except LabError as missing:
            raise NotMeasured(str(missing)) from None
        if done.returncode:
            raise RuntimeError(f"the guest ended with {done.returncode}: {done.stderr.decode()[-300:]}")
        source = Octets(str(folder / "seen.pcap"))
        found = [one for one in records(source) if one is not None]
        source.close()
    return found


# --- in the guest


def _record(folder: Path) -> None:
    for command in (
        ["ip", "link", "set", "lo", "mtu", _MTU],
        ["ip", "address", "add", "10.9.0.1/32", "dev", "lo"],
        ["tc", "qdisc", "add", "dev", "lo", "root", "netem", *_NETEM],
    ):
        subprocess.run(command, check=True)
    tcpdump = subprocess.Popen(
        ["tcpdump", "-i", "lo", "-B", "16384", "-U", "-w", str(folder / "seen.pcap"), "sctp"],
        stderr=subprocess.PIPE,
    )
    assert tcpdump.stderr is not None
    tcpdump.stderr.readline()
    ended = threading.Event()
    pairs = [threading.Thread(target=_talk, args=(number, ended)) for number in range(_PAIRS)]
    for pair in pairs:
        pair.start()
    while (folder / "seen.pcap").stat().st_size < _RECORDED * 400:
        time.sleep(0.2)
    ended.set()
    for pair in pairs:
        pair.join()
    time.sleep(1.0)
    tcpdump.terminate()
    tcpdump.wait()


def _talk(number: int, ended: threading.Event) -> None:
    """One association after another, between the same ports' neighbours, until told to end."""
    import sctp  # no end of this program: what is read back is then a stranger's

    chance = random.Random(number)
    listener = sctp.sctpsocket_tcp(socket.AF_INET)
    listener.initparams.num_ostreams = 16
    listener.bindx([("127.0.0.1", _PORT + number), ("10.9.0.1", _PORT + number)])
    listener.listen(1)
    client = sctp.sctpsocket_tcp(socket.AF_INET)
    client.initparams.num_ostreams = 16
    client.bind(("127.0.0.1", _CLIENT + number * _CLIENT_STEP))
    client.connect(("127.0.0.1", _PORT + number))
    server, _ = listener.accept()
    while not ended.is_set():
        size = chance.choice((40, 90, 200, 600)) if number % 4 else chance.choice((3000, 9000))
        for _ in range(chance.choice((1, 1, 1, 4))):
            client.sctp_send(bytes(size), ppid=socket.htonl(60), stream=chance.randrange(8))
            server.sctp_recv(65536)
        server.sctp_send(bytes(chance.choice((30, 300))), ppid=socket.htonl(60), stream=chance.randrange(8))
        client.sctp_recv(65536)
    client.close()
    server.close()
    listener.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [name]:
            _record(Path(name))
        case [name, count]:
            make(Path(name), int(count))
