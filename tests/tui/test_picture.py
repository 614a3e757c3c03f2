"""Pictures that are exported ask nobody for anything when they are opened, and no name of a font is lost."""

import re
import xml.etree.ElementTree as ET
from math import inf

import pytest

from sctp_tui.monitor.trace.timeline import LadderOptions
from sctp_tui.tui.picture import MONO, of_screen
from sctp_tui.tui.wire.wire_export import wire_sources

from .driving import messages, rows, running, type_line, until

pytestmark = pytest.mark.userspace
ELEMENTS = ("svg", "style", "defs", "clipPath", "rect", "g", "text", "circle", "path", "title")
EVIL = "@font-face { src: url(https://a.example) } <image href='https://b.example'/> @import 'z'"


def asks_for(svg: str) -> list[str]:
    """What who opens it would be asked to fetch."""
    found = list[str]()
    for element in ET.fromstring(svg).iter():
        tag = element.tag.partition("}")[2]
        assert tag in ("svg", "style", "defs", "clipPath", "rect", "g", "text", "circle", "path", "title"), (
            tag
        )
        texts = [element.text or ""] if tag == "style" else []
        for name, value in element.attrib.items():
            assert "href" not in name
            assert not name.startswith("on")
            texts.append(value)
        for text in texts:
            found += [url for url in re.findall(r"url\(([^)]*)\)", text) if not url.startswith("#")]
            found += re.findall(r"@[a-z-]+|https?:[^ ]*", text)
    return found


async def test_pictures_are_whole_in_themselves() -> None:
    async with running((150, 40)) as (app, pilot):
        assert asks_for(app.export_screenshot()) != []  # Rich's does, so this test can tell
        await type_line(pilot, EVIL)
        await until(pilot, lambda: messages(app, "server"))
        await until(pilot, lambda: "@font-face&#160;{&#160;src" in of_screen(app))
        svg = of_screen(app)
        assert asks_for(svg) == []
        assert f"font-family: {MONO};" in svg
        assert "Fira Code" not in svg
        (ladder,) = (
            source
            for source in wire_sources(rows(app)[0], app.monitor, LadderOptions(), inf)
            if source.suffix == ".svg"
        )
        assert asks_for(b"".join(ladder.lines()).decode()) == []


@pytest.mark.parametrize(("theme", "light"), [("ansi-light", True), ("ansi-dark", False)])
async def test_the_background_is_the_theme_s(theme: str, light: bool) -> None:
    """What has the terminal's own colours has those of a light one, or of a dark one."""
    async with running((80, 24)) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        (window,) = re.findall(r'<rect fill="#(\w{6})" stroke="rgba', of_screen(app))
        assert (sum(bytes.fromhex(window)) > 3 * 128) == light
