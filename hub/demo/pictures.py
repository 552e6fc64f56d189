"""Small files for the demo's messages, drawn here: a damaged parcel, a receipt, a label, an invoice."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from hub.demo.wire import File

Colour = tuple[int, int, int]
_WIDTH, _HEIGHT = 480, 320
_INK: Colour = (52, 58, 64)


@lru_cache(200)
def file(kind: str, reference: str) -> File:
    """The file of a dialogue's turn: ``photo``, ``receipt``, ``label`` or ``invoice``."""
    if kind == "invoice":
        return File(f"invoice-{reference}.pdf", "application/pdf", invoice(reference))
    name = {"photo": "IMG_2041", "receipt": f"receipt-{reference}", "label": f"label-{reference}"}
    return File(f"{name[kind]}.png", "image/png", _DRAW[kind](sum(map(ord, reference))))


# ---------------------------------------------------------------- pictures


class _Canvas:
    def __init__(self, top: Colour, bottom: Colour) -> None:
        tones = (_between(top, bottom, y / _HEIGHT) for y in range(_HEIGHT))
        self._rows = [bytearray(bytes(tone) * _WIDTH) for tone in tones]

    def box(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        left, right = max(x, 0), min(x + width, _WIDTH)
        for row in self._rows[max(y, 0) : min(y + height, _HEIGHT)]:
            row[left * 3 : right * 3] = bytes(colour) * (right - left)

    def slope(self, x: int, y: int, width: int, height: int, shear: float, colour: Colour) -> None:
        """A parallelogram: each line a little further to the right."""
        for n in range(height):
            self.box(x + int(n * shear), y + n, width, 1, colour)

    def png(self) -> bytes:
        raw = b"".join(b"\0" + bytes(row) for row in self._rows)
        header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _between(a: Colour, b: Colour, share: float) -> Colour:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _chunk(name: bytes, data: bytes) -> bytes:
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _photo(seed: int) -> bytes:
    """A carton on a table, one corner pushed in."""
    tones: tuple[Colour, ...] = ((196, 154, 108), (201, 163, 120), (184, 142, 98))
    card = tones[seed % 3]
    dark, light = _between(card, (60, 40, 20), 0.35), _between(card, (255, 245, 230), 0.4)
    canvas = _Canvas((228, 231, 235), (206, 212, 218))
    canvas.box(0, 232, _WIDTH, 88, (173, 181, 189))
    canvas.slope(138, 92, 220, 40, -0.75, light)
    canvas.box(108, 132, 220, 132, card)
    for n in range(30):
        canvas.box(328 + n, 132 - n * 4 // 3, 1, 132, dark)
    canvas.box(206, 132, 24, 132, light)
    canvas.slope(284, 212, 52, 58, -0.5, dark)
    canvas.slope(296, 226, 30, 40, -0.4, _INK)
    canvas.box(126, 150, 58, 38, (248, 249, 250))
    for n in range(4):
        canvas.box(132, 157 + n * 7, 44 - n * 7, 3, _INK)
    return canvas.png()


def _receipt(seed: int) -> bytes:
    """A strip of paper with lines and a sum."""
    canvas = _Canvas((233, 236, 239), (222, 226, 230))
    canvas.box(150, 18, 180, 290, (255, 255, 255))
    canvas.box(196, 36, 88, 10, _INK)
    for n in range(8):
        canvas.box(168, 66 + n * 20, 60 + (seed * (n + 3)) % 40, 5, (134, 142, 150))
        canvas.box(282, 66 + n * 20, 30, 5, (134, 142, 150))
    canvas.box(168, 236, 144, 2, _INK)
    canvas.box(168, 250, 62, 9, _INK)
    canvas.box(266, 250, 46, 9, (15, 118, 110))
    return canvas.png()


def _label(seed: int) -> bytes:
    """A shipping label with a bar code."""
    canvas = _Canvas((241, 243, 245), (233, 236, 239))
    canvas.box(70, 40, 340, 240, (255, 255, 255))
    canvas.box(70, 40, 340, 6, (15, 118, 110))
    for n in range(4):
        canvas.box(92, 66 + n * 18, 150 - n * 22, 7, _INK)
    x, state = 92, seed or 1
    while x < 384:
        state = (state * 1103515245 + 12345) % 2**31
        canvas.box(x, 168, 2 + state % 4, 84, _INK)
        x += 5 + (state >> 8) % 6
    return canvas.png()


_DRAW: dict[str, Callable[[int], bytes]] = {"photo": _photo, "receipt": _receipt, "label": _label}


# ---------------------------------------------------------------- PDF


def invoice(reference: str) -> bytes:
    """One page, by hand: ISO 32000-1 needs no more than this."""
    words = [
        (28, 780, f"Invoice {reference}"),
        (11, 752, "Acme Ltd, 14 Harbour Street"),
        (11, 700, "1 x Order as agreed"),
        (11, 682, "Delivery"),
        (11, 664, "Tax included"),
        (14, 620, "Paid with thanks"),
    ]
    text = "".join(f"BT /F1 {size} Tf 60 {y} Td ({line}) Tj ET\n" for size, y, line in words)
    stream = f"0.06 0.46 0.43 rg\n60 812 475 4 re f\n0 g\n{text}".encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources 6 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Font << /F1 4 0 R >> >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for n, item in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (n, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )
