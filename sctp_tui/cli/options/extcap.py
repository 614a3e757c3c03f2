"""The options of `extcap`."""

from ..option_values import whole
from ..parser import Parser
from .groups import add_general


def extcap_parser() -> Parser:
    """What `extcap` understands, from a user and from Wireshark."""
    parser = Parser(
        "extcap",
        "{install,uninstall,where} [DIR]",
        "Interfaces of Wireshark and tshark with the SCTP of this machine, of whatever program: of all its\n"
        "interfaces together, and of each. install puts an entry into the folder where Wireshark looks for\n"
        "such (or into DIR), uninstall removes it, where tells the folders. To capture needs CAP_NET_RAW.",
        """\
examples:
  sctp-tui extcap where             the folders that Wireshark reads, and where an entry is
  sudo sctp-tui extcap install      into the folder of all users, where root has none of its own
  sudo tshark -i sctp-any           SCTP of all interfaces, plain and in UDP on port 9899
  sudo tshark -i sctp-eth0 -w eth0.pcapng""",
    )
    group = parser.add_argument_group("asked by Wireshark")
    for name, about in (
        ("interfaces", "which interfaces there are"),
        ("dlts", "which link layer an interface has"),
        ("config", "which options it has"),
    ):
        group.add_argument(f"--extcap-{name}", action="store_true", dest=name, help=about)
    group.add_argument("--capture", action="store_true", help="capture from an interface")
    group.add_argument("--extcap-interface", dest="interface", metavar="NAME", help="which, as in sctp-any")
    group.add_argument("--fifo", metavar="FILE", help="where the packets go, as pcapng")
    group.add_argument(
        "--extcap-capture-filter", dest="capture_filter", metavar="EXPR", help="refused: there is none"
    )
    group.add_argument("--extcap-version", dest="version", metavar="N", help="that of Wireshark")
    group.add_argument(
        "--udp-port",
        type=whole(0, 65535, "UDP port"),
        metavar="PORT",
        help="the port of SCTP in UDP (default: 9899; 0 = plain SCTP alone)",
    )
    add_general(parser)
    return parser
