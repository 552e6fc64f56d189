"""Labels as mailers write them, and bytes that disprove them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.arabic import code_page
from connectors.email.charset import codec_of, decode, repair
from connectors.email.parse import parse


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF8", "utf-8"), ('"utf-8"', "utf-8"), ("x-utf-8", "utf-8"), ("utf8mb4", "utf-8"),
        ("unicode-1-1-utf-8", "utf-8"), ("unicode-1-1-utf-7", "utf-7"),
        ("cp-1252", "cp1252"), ("win-1252", "cp1252"), ("windows1252", "cp1252"), ("CP1252", "cp1252"),
        ("iso-8859-1", "cp1252"), ("ISO8859-1", "cp1252"), ("iso_8859-1:1987", "cp1252"),
        ("latin1", "cp1252"), ("x-mac-roman", "mac_roman"), ("macintosh", "mac_roman"),
        ("x-mac-cyrillic", "mac_cyrillic"), ("x-mac-farsi", "mac_farsi"), ("x-mac-arabic", "mac_arabic"),
        ("x-mac-ce", "mac_latin2"), ("gb2312", "gb18030"), ("cn-gb", "gb18030"), ("GBK", "gb18030"), ("x-gbk", "gb18030"),
        ("hz-gb-2312", "hz"), ("big5", "big5hkscs"), ("ks_c_5601-1987", "cp949"), ("euc-kr", "cp949"),
        ("shift-jis", "cp932"), ("x-sjis", "cp932"), ("windows-31j", "cp932"), ("x-euc-jp", "euc_jp"),
        ("iso-2022-jp", "iso2022_jp_ext"), ("cp50220", "iso2022_jp_ext"), ("windows-1256", "cp1256"),
        ("cp-1256", "cp1256"), ("x-cp1256", "cp1256"), ("iso-8859-8-i", "cp1255"),
        ("iso-8859-6-i", "iso8859_6"), ("asmo-708", "iso8859_6"), ("tis-620", "cp874"),
        ("windows-874", "cp874"), ("iso-8859-9", "cp1254"), ("koi8-ru", "koi8_u"), ("866", "cp866"),
        ("ibm852", "cp852"), ("cp-850", "cp850"), ("iso-8859-15", "iso8859-15"),
        ("unknown-8bit", ""), ("x-unknown", ""), ("us-ascii", ""), ("", ""), ("no such thing", ""),
        ("rot13", ""), ("base64", ""), ("zlib", ""), ("idna", ""), ("unicode_escape", ""), ("\0", ""),
    ],
)  # fmt: skip
def test_codec_of_a_label(label: str, codec: str) -> None:
    assert codec_of(label) == codec


PERSIAN = "سلام، وقت بخير. من دو هفته پيش سفارش دادم و هنوز كالا نرسيده است."


@pytest.mark.parametrize(
    ("data", "label", "text"),
    [
        (b"plain", "", "plain"),
        ("سلام".encode(), "", "سلام"),
        ("سلام".encode(), "windows-1256", "سلام"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("\ufeffGrüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "", "Grüße"),
        ("“a” €".encode("cp1252"), "iso-8859-1", "“a” €"),
        (b"a\x81b", "windows-1252", "a\x81b"),
        ("سلام".encode("cp1256"), "cp-1256", "سلام"),
        (PERSIAN.encode("cp1256"), "", PERSIAN),
        (PERSIAN.encode("cp1256"), "iso-8859-1", PERSIAN),
        (PERSIAN.encode("cp1256"), "us-ascii", PERSIAN),
        ("你好 镕 €".encode("gb18030"), "gb2312", "你好 镕 €"),
        ("喆".encode("big5hkscs"), "big5", "喆"),
        ("①㈱".encode("cp932"), "shift_jis", "①㈱"),
        ("こんにちは".encode("iso2022_jp"), "", "こんにちは"),
        ("こんにちは".encode("iso2022_jp"), "us-ascii", "こんにちは"),
        ("안녕 똠".encode("cp949"), "ks_c_5601-1987", "안녕 똠"),
        (b"Hi +AOQ-", "unicode-1-1-utf-7", "Hi ä"),
        (b"\xff\xfe" + "سلام".encode("utf-16-le"), "utf-16", "سلام"),
        ("سلام".encode("utf-16-be"), "utf-16be", "سلام"),
        ("abc".encode("utf-16-le"), "unicode", "abc"),
        (b"plain words", "utf-16", "plain words"),
        ("Привет, как дела?".encode("koi8-r"), "koi8-r", "Привет, как дела?"),
        ("한".encode(), "euc-kr", "한"),
        (b"ok " * 5 + b"\xe4" + "äöü".encode(), "utf-8", "ok ok ok ok ok \ufffdäöü"),
    ],
)  # fmt: skip
def test_bytes_as_labelled_or_as_they_are(data: bytes, label: str, text: str) -> None:
    assert decode(data, label) == text


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "gb2312", "utf-7", "utf-16", "big5", "x",
       "iso-2022-jp", "hz", "shift_jis", "utf-32", "cp1256", "johab", "iso-2022-kr"]))  # fmt: skip
def test_any_bytes_under_any_label_are_text(data: bytes, label: str) -> None:
    assert isinstance(decode(data, label), str)


def test_a_raw_header_takes_the_charset_of_the_body() -> None:
    wild = "رضا".encode("cp1256").decode("utf-8", "surrogateescape")
    assert repair(wild, "windows-1256") == "رضا"
    assert repair("plain") == "plain"
    assert repair("سلام") == "سلام"


TEXTS = [
    "سلام", "رضا کريمي", "پيگيري سفارش", "درخواست بازگشت کالا", "سلام، کالاي من نرسيده است",
    "با سلام و احترام، لطفا پيگيري فرماييد", "مرحبا، أين طلبي؟", "Order 1042 سفارش",
]  # fmt: skip
LABELS = ["windows-1256", "iso-8859-6", "utf-8", "us-ascii", "", "iso-8859-1", "windows-1252"]


def _without_persian_letters(text: str) -> str:
    return text.translate(str.maketrans({"ک": "ك", "پ": "ب", "گ": "ك"}))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("text", TEXTS)
def test_persian_under_the_name_of_another_charset(text: str, label: str) -> None:
    assert decode(text.encode(), label) == text
    assert decode(text.encode("cp1256"), label) == text
    plain = _without_persian_letters(text)
    assert decode(plain.encode("iso8859_6"), label) == plain


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("Grüße aus Köln, Élan à côté, déjà vu, où ça, ÄÖÜ, Señor", "cp1252"),
        ("ÄÖÜ", "cp1252"), ("éé", "cp1252"), ("Zażółć gęślą jaźń", "cp1250"),
        ("Привет", "cp1251"), ("ЗАКАЗ", "cp1251"), ("Где мой заказ?", "koi8_r"),
        ("Πού είναι η παραγγελία", "iso8859_7"), ("שלום עולם", "cp1255"), ("สวัสดี", "cp874"),
        ("我的订单在哪里", "gb18030"), ("안녕하세요", "cp949"), ("こんにちは", "euc_jp"),
    ],
)  # fmt: skip
def test_other_scripts_are_not_taken_for_persian(text: str, codec: str) -> None:
    assert code_page(text.encode(codec)) == ""
    assert decode(text.encode(codec), codec) == text


def test_short_russian_without_a_label_is_not_thai() -> None:
    words = "Здравствуйте, где мой заказ? Спасибо"
    assert decode(words.encode("koi8-r")) == words
    assert decode("สวัสดีครับ สินค้าของผมอยู่ที่ไหน".encode("cp874")) == "สวัสดีครับ สินค้าของผมอยู่ที่ไหน"


def test_a_raw_subject_takes_the_charset_of_a_text_deep_inside() -> None:
    words = "邮件传输失败！"
    mail = (
        b"From: ada@example.com\nSubject: " + words.encode("gbk") + b"\n"
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n"
        b"Content-Type: text/plain; charset=gb2312\n\n" + words.encode("gbk") + b"\n--b--\n--a--\n"
    )
    assert parse(mail).subject == words
