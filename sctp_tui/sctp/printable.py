"""The one way from a peer's bytes to something that may be shown.

A terminal acts on control bytes (ESC, C1), hides others (NUL) and reorders text on bidi marks; whatever
a peer chose goes through here before it is drawn, printed or quoted in an error.
"""

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


def printable(data: bytes | str, limit: int | None = None) -> str:
    """Text that is safe in a terminal, and one line.

    Controls of ASCII become their pictures (␀, ␛, ␊), other invisible or reordering characters their
    code points (`\\u202e`); bytes that are not UTF-8 are shown whole as hex in ‹›. More than `limit`
    characters (or bytes, for hex) are cut, with `…` at the end.
    """
    if isinstance(data, bytes):
        # A character takes at most four bytes: what is beyond can't be shown, and is not decoded.
        cut = data if limit is None or len(data) <= 4 * limit else _whole_characters(data[: 4 * limit])
        try:
            text = cut.decode()
        except UnicodeDecodeError:
            shown = data if limit is None or len(data) <= limit else data[:limit]
            return f"‹{shown.hex(' ')}{'…' if len(shown) < len(data) else ''}›"
        more = len(cut) < len(data)
    else:
        text, more = data, False
    if limit is not None and len(text) > limit:
        text, more = text[:limit], True
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _escaped(c) for c in text)
    return text + "…" if more else text


def _escaped(character: str) -> str:
    code = ord(character)
    if picture := _PICTURES.get(code):
        return chr(picture)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _whole_characters(data: bytes) -> bytes:
    """Without the character at the end that a cut may have halved."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            width = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return data if back >= width else data[:-back]
    return data
