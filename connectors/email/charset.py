"""Bytes and the charset somebody said they are in -> text. Never fails, guesses where it must.

Labels follow the WHATWG habit: the superset that mailers really write (``iso-8859-1`` is
windows-1252, ``gb2312`` is GB 18030, ``ks_c_5601-1987`` is code page 949). A label that the bytes
disprove loses: valid UTF-8 is UTF-8 whatever it is called.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import charset_normalizer

from connectors.email import arabic

_LATIN1 = "cp1252"
_UNKNOWN = ""

_ALIASES = {
    _LATIN1: "iso-8859-1 iso8859-1 iso_8859-1 "
    "iso-8859-1:1987 8859_1 latin1 latin-1 l1 cp819 ibm819 windows-1252 cp1252 ansi-1252 "
    "x-cp1252 western iso-latin-1 iso-ir-100 x-ansi",
    _UNKNOWN: "us-ascii ascii ansi_x3.4-1968 ansi 646 iso646-us x-us-ascii usascii unknown-8bit "
    "unknown x-unknown 8bit 8-bit 7bit binary default _autodetect _autodetect_all _autodetect_kr "
    "x-user-defined utf none null charset us auto iso-8859 windows unknown-charset undefined "
    "%charset% $charset",
    "utf-8": "utf8 utf-8 utf_8 x-utf-8 utf8mb4 utf-8n unicode-1-1-utf-8 unicode-2-0-utf-8 u8 "
    "x-unicode20utf8 utf-8-sig utf8-sig unicode11utf8 cp65001 utf-8-mac",
    "utf-7": "utf7 utf-7 unicode-1-1-utf-7 unicode-2-0-utf-7 x-unicode-2-0-utf-7 csunicode11utf7 "
    "unicode-utf-7 x-utf-7",
    "utf-16": "utf16 utf-16 unicode ucs-2 iso-10646-ucs-2 utf-16-bom csunicode",
    "utf-16-le": "utf-16le utf16le unicodelittle ucs-2le x-utf-16le",
    "utf-16-be": "utf-16be utf16be unicodebig unicodefffe x-utf-16be",
    "gb18030": "gb2312 cn-gb gb_2312-80 gb_2312 gb2312-80 gbk x-gbk cp936 ms936 windows-936 euc-cn "
    "euccn x-euc-cn gb18030 gb-18030 chinese csgb2312 iso-ir-58 x-mac-chinesesimp csiso58gb231280",
    "hz": "hz-gb-2312 hz-gb2312 hz",
    "big5hkscs": "big5 big-5 cn-big5 x-x-big5 big5-hkscs big5hkscs csbig5 cp950 windows-950 "
    "x-mac-chinesetrad chinesebig5 big5-eten",
    "cp949": "ks_c_5601-1987 ks_c_5601 ks_c_5601-1989 ksc5601 ksc_5601 ksc5601-1987 ks_c_5601_1987 "
    "euc-kr euckr korean cp949 windows-949 x-windows-949 ms949 uhc iso-ir-149 cskscx "
    "cseuckr x-mac-korean csksc56011987 kr",
    "johab": "johab x-johab cp1361",
    "cp932": "shift_jis shift-jis shiftjis sjis x-sjis s-jis ms_kanji windows-31j cswindows31j "
    "ms932 cp932 x-ms-cp932 csshiftjis x-mac-japanese windows-932",
    "euc_jp": "euc-jp eucjp x-euc-jp x-euc cseucpkdfmtjapanese ujis",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp cp50220 cp50221 iso-2022-jp-ms jis x-jis "
    "iso-2022-jp-1 iso2022jp",
    "iso2022_jp_2": "iso-2022-jp-2",
    "iso2022_jp_3": "iso-2022-jp-3",
    "iso2022_kr": "iso-2022-kr csiso2022kr",
    "cp874": "windows-874 tis-620 tis620 iso-8859-11 x-windows-874 thai iso8859-11 dos-874 "
    "ansi-874",
    "cp1250": "windows-1250 win-1250 x-cp1250 cp-1250 windows1250 win1250 ansi-1250",
    "iso8859_2": "iso-8859-2 latin2 l2 iso-latin-2 iso_8859-2 iso_8859-2:1987 iso-ir-101 visegrad",
    "cp1251": "windows-1251 win-1251 x-cp1251 cp-1251 windows1251 win1251 cp1251 ansi-1251 "
    "cyrillic-1251",
    "koi8_r": "koi8-r koi8r koi8 koi cskoi8r x-koi8-r koi8_r",
    "koi8_u": "koi8-u koi8u koi8-ru koi8_u x-koi8-u",
    "iso8859_5": "iso-8859-5 iso_8859-5 cyrillic iso-ir-144",
    "cp866": "ibm866 cp866 866 dos-866 cp-866",
    "cp1253": "windows-1253 x-cp1253 win-1253 cp-1253",
    "iso8859_7": "iso-8859-7 greek ecma-118 elot_928 greek8 iso_8859-7 sun_eu_greek",
    "cp1254": "windows-1254 iso-8859-9 latin5 l5 iso_8859-9 iso-latin-5 x-cp1254 win-1254 "
    "cp-1254 turkish",
    "cp1255": "windows-1255 x-cp1255 win-1255 iso-8859-8-i iso-8859-8-e iso-8859-8 hebrew "
    "iso_8859-8 logical visual csiso88598i iso-ir-138 cp-1255",
    "cp1256": "windows-1256 win-1256 x-cp1256 cp-1256 windows1256 win1256 cp1256 ansi-1256 persian "
    "farsi",
    "iso8859_6": "iso-8859-6 iso-8859-6-i iso-8859-6-e arabic asmo-708 ecma-114 iso_8859-6 "
    "csiso88596e csisolatinarabic iso-ir-127",
    "cp720": "dos-720 cp720 ibm720",
    "cp864": "cp864 ibm864",
    "cp1257": "windows-1257 x-cp1257 win-1257 cp-1257 windows1257",
    "iso8859_13": "iso-8859-13 latin7",
    "cp1258": "windows-1258 x-cp1258 win-1258 cp-1258 vietnamese",
    "mac_roman": "macintosh x-mac-roman x-macroman mac macroman csmacintosh x-mac-western",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian maccyrillic",
    "mac_latin2": "x-mac-ce x-mac-centraleurroman x-mac-centraleurope macce",
    "mac_greek": "x-mac-greek",
    "mac_turkish": "x-mac-turkish",
    "mac_arabic": "x-mac-arabic",
    "mac_farsi": "x-mac-farsi",
    "mac_iceland": "x-mac-icelandic",
    "mac_croatian": "x-mac-croatian",
    "mac_romanian": "x-mac-romanian",
}
_CODECS = {alias: codec for codec, aliases in _ALIASES.items() for alias in aliases.split()}
_NO_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined",
                      "mbcs", "oem", "palmos"})  # fmt: skip
_MULTI_BYTE = frozenset({
    "gb18030", "big5hkscs", "cp949", "johab", "cp932", "euc_jp", "hz", "utf-7",
    "iso2022_jp_ext", "iso2022_jp_2", "iso2022_jp_3", "iso2022_kr",
})  # fmt: skip
_ESCAPES = re.compile(rb"\x1b\$(?:[@BA]|\([CDO])|\x1b\([JI]")
_KOREAN_ESCAPE = b"\x1b$)C"
_UTF8_RUN = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_WILD = re.compile(rb"[\x80-\xff]")
_THAI_ONLY = re.compile(rb"[\xa1-\xbf]")  # most consonants; Russian in KOI8 has no letter here
_LIKELY = ["cp1252", "cp1251", "koi8_u", "cp866", "cp1256", "gb18030", "big5", "cp932", "euc_jp",
           "cp949", "cp1253", "cp1255", "cp874"]  # fmt: skip
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_SAMPLE = 2_048  # bytes that a guess looks at: guessing is slow and must not grow with the mail
_SHORT = 12  # wild bytes below which a guess is worth nothing

_CP1252 = "".join(
    bytes([code]).decode("cp1252", "ignore") or chr(code)  # the five holes, as browsers do
    for code in range(256)
)


@lru_cache(maxsize=1024)
def codec_of(label: str) -> str:
    """The Python codec for a charset label; empty if the label says nothing that is known."""
    name = label.strip(" \t\r\n\"'<>;:,.").lower().split(" ")[0].partition("*")[0]
    for candidate in (name, name.replace("_", "-"), name.removeprefix("cs"), _respelled(name)):
        if candidate in _CODECS:
            return _CODECS[candidate]
    for candidate in (name, _respelled(name), name.removeprefix("x-")):
        try:
            info = codecs.lookup(candidate)
        except (LookupError, ValueError, UnicodeError):
            continue
        if info._is_text_encoding and info.name.replace("-", "_") not in _NO_TEXT:
            return _CODECS.get(info.name, info.name)
    return _UNKNOWN


def _respelled(name: str) -> str:
    name = re.sub(r"^(?:x-)?(?:cp|win(?:dows)?|ibm|dos)[-_ ]?(\d{3,4})$", r"cp\1", name)
    return re.sub(r"^(?:x-)?iso[-_ ]?8859[-_ ]?(\d{1,2})(?:[-_:].*)?$", r"iso-8859-\1", name)


def decode(data: bytes, label: str = "", hint: str = "") -> str:
    """``data`` as text: as labelled, unless the bytes say otherwise; never raises.

    ``hint`` is the label of something near (the mail's body, for a raw header).
    """
    codec = codec_of(label) if label else _UNKNOWN
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or codec.startswith(("utf-16", "utf-32")):
        return _decode_wide(data, codec)
    if codec in _MULTI_BYTE or b"\x1b" in data:
        return _decode_multi_byte(data, codec)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_wild(data, codec, hint)
    if codec in ("utf-8", _LATIN1, _UNKNOWN) or text.isascii() or _looks_utf8(data):
        return text.removeprefix("\ufeff")
    return _with(codec, data)


def _looks_utf8(data: bytes) -> bool:
    """Whether bytes that are valid UTF-8 can hardly be anything else."""
    runs = _UTF8_RUN.findall(data[:_SAMPLE])
    return len(runs) > 2 or any(len(run) > 2 for run in runs)


def _decode_wide(data: bytes, codec: str) -> str:
    """UTF-16 and UTF-32, by byte-order mark or by where the zeros stand."""
    if codec.startswith("utf-32") and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode(codec, "replace")
    if data[:2] == b"\xff\xfe":
        return data[2:].decode("utf-16-le", "replace")
    if data[:2] == b"\xfe\xff":
        return data[2:].decode("utf-16-be", "replace")
    if not _CONTROLS.search(data) and _is_utf8(data):
        return data.decode("utf-8", "replace")  # labelled so by a mailer that knew no better
    if codec == "utf-16":
        codec = "utf-16-le" if data[1::2].count(0) > data[0::2].count(0) else "utf-16-be"
    return data.decode(codec, "replace")


def _decode_multi_byte(data: bytes, codec: str) -> str:
    if codec == "utf-7":
        return data.decode("utf-7" if b"+" in data else "utf-8", "replace")
    if b"\x1b" in data and not codec.startswith("iso2022"):
        if _KOREAN_ESCAPE in data:
            codec = "iso2022_kr"
        elif _ESCAPES.search(data):
            codec = "iso2022_jp_ext"
    if codec in ("", "utf-8"):
        return _decode_wild(data, codec, "") if not _is_utf8(data) else data.decode("utf-8")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        if not data.isascii() and _is_utf8(data):
            return data.decode("utf-8")
        if codec == "big5hkscs" and _decodes(data, "cp950"):
            return data.decode("cp950")
        return data.decode(codec, "replace")


def _decode_wild(data: bytes, codec: str, hint: str) -> str:
    """Bytes that are not UTF-8."""
    if codec == "utf-8":
        repaired = data.decode("utf-8", "replace")
        lost, kept = repaired.count("\ufffd"), len(_UTF8_RUN.findall(data))
        return repaired if kept > lost else guess(data, hint)
    if codec == _UNKNOWN or (codec == _LATIN1 and _mostly_wild(data)):
        return guess(data, hint)
    if codec in (arabic.WINDOWS, arabic.ISO):
        codec = arabic.code_page(data, codec)
    return _with(codec, data)


def _mostly_wild(data: bytes) -> bool:
    """Text called Latin with more wild bytes than ASCII letters is of another script."""
    sample = data[:_SAMPLE]
    wild = len(_WILD.findall(sample))
    if wild < _SHORT:
        return wild > 1 and bool(arabic.code_page(sample))
    return wild > len(_ASCII_LETTER.findall(sample)) or bool(arabic.code_page(sample))


def _with(codec: str, data: bytes) -> str:
    if codec == _LATIN1:
        return codecs.charmap_decode(data, "strict", _CP1252)[0]
    return data.decode(codec, "replace")


def _is_utf8(data: bytes) -> bool:
    return _decodes(data, "utf-8")


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def guess(data: bytes, hint: str = "") -> str:
    """Unlabelled bytes that are not UTF-8: by the hint, by their look, else windows-1252."""
    near = codec_of(hint) if hint else _UNKNOWN
    if near not in ("utf-8", _UNKNOWN, _LATIN1) and _decodes(data, near):
        return data.decode(near)
    sample = data[:_SAMPLE]
    if found := arabic.code_page(sample):
        return _with(found, data)
    if near != _LATIN1 and len(_WILD.findall(sample)) >= _SHORT:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_LIKELY).best()
        if best is not None:
            codec = codec_of(best.encoding)
            if codec == "cp874" and len(_THAI_ONLY.findall(sample)) * 8 < len(
                _WILD.findall(sample)
            ):
                codec = "koi8_u"
            return _with(codec, data) if codec else _with(_LATIN1, data)
    return _with(_LATIN1, data)


def repair(text: str, hint: str = "") -> str:
    """A header value whose wild bytes are surrogates -> text."""
    if text.isascii():
        if "\x1b" not in text:
            return text
    elif not _has_surrogates(text):
        return text
    return decode(text.encode("utf-8", "surrogateescape"), "", hint)


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
