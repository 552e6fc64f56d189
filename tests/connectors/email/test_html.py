"""HTML mails as text, and HTML that goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.direction import direction, html_of, language, with_directions
from connectors.email.html import html_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div><div><div>a</div></div></div>b", "a\nb"),
        ("a<br>b<br/><br>c", "a\nb\n\nc"),
        ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</ul></ul>", "- a\n\n  - b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a  \n\t b&nbsp;&amp;&lt;c&#x633;", "a b &<cس"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("a<!-- b -->c<!-- unclosed <p>d", "acd"),
        ("<style>p{}</style><script>x<y</script><title>t</title>a", "a"),
        ("<head><meta x><title>t</title></head><body>a", "a"),
        ('<span style="display: none">a</span>b', "b"),
        ('<a href="https://x.example/p">here</a>', "here <https://x.example/p>"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href="#top">x</a>', "x"),
        ('<img alt="logo"><img alt="😀">', "😀"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
        ('<a title="x>y">z</a>', "z"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<p>a</p>\n\n\n<p></p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("<![CDATA[x]]><?xml a?><!DOCTYPE html>a", "a"),
        ("<P>A</P><DIV>B</DIV>", "A\n\nB"),
        ("", ""),
    ],
)
def test_html_as_text(html: str, text: str) -> None:
    assert "\n".join(line.rstrip() for line in html_text(html).text.split("\n")) == text


@given(st.text(alphabet="<>/ap\"'=!- &;bqblockquote", max_size=100))
def test_any_html_is_read(html: str) -> None:
    html_text(html)


@pytest.mark.parametrize(
    "mark",
    ['<div class="yahoo_quoted">', '<div class="moz-cite-prefix">', '<div class="protonmail_quote">',
     '<div class="gmail_attr">', "<blockquote>", '<blockquote type="cite">'],
)  # fmt: skip
def test_what_mail_programs_mark_as_quoted_is_quoted(mark: str) -> None:
    tag = mark.strip("<>").split(" ")[0]
    text = html_text(f"<p>new</p>{mark}<div>old</div></{tag}><p>newer</p>").text
    assert text.replace("\n\n", "\n") == "new\n> old\nnewer"


def test_a_forward_of_gmail_is_not_quoted() -> None:
    html = (
        '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message</div>x</div>'
    )
    assert html_text(html).text == "---------- Forwarded message\nx"


@pytest.mark.parametrize(
    "html",
    [
        '<div class="moz-forward-container"><br>-------- Forwarded Message --------<br>Lamp</div>',
        '<div class="protonmail_quote">------- Forwarded Message -------<br>Lamp</div>',
        '<div class="ydp1yahoo_quoted"><div>----- Forwarded Message -----</div><div>Lamp</div></div>',
    ],
)
def test_a_forward_of_others_is_not_quoted(html: str) -> None:
    text = html_text(f"<div>Please see</div>{html}").text
    assert text.endswith("\nLamp")
    assert "> " not in text


def test_what_the_writer_moved_in_is_not_quoted() -> None:
    style = "margin:0 0 0 40px;border:none;padding:0px"
    moved = (
        f'<div>My address:</div><blockquote style="{style}"><div>Main street 1</div></blockquote>'
    )
    assert html_text(moved).text == "My address:\n\nMain street 1"
    drawn = moved.replace("border:none", "border:none;border-left:solid #ccc 1.0pt")
    assert html_text(drawn).text == "My address:\n\n> Main street 1"


def test_a_line_of_a_blank_is_a_blank_line() -> None:
    html = "<div>Subject: Lamp<div>&nbsp;</div></div><div>It is broken</div>"
    assert html_text(html).text == "Subject: Lamp\n\nIt is broken"


def test_outlooks_mark_is_a_line_number() -> None:
    assert html_text('<p>a</p><div id="appendonsend"></div><p>b</p>').cut == 1


@pytest.mark.parametrize(
    ("text", "way"),
    [("hello", "ltr"), ("سلام", "rtl"), ("שלום", "rtl"), ("12 سلام hello", "rtl"), ("… hello سلام", "ltr"),
     ("123", "ltr"), ("", "ltr")],
)  # fmt: skip
def test_direction(text: str, way: str) -> None:
    assert direction(text) == way


def test_text_goes_out_as_paragraphs_with_directions() -> None:
    html = html_of("سلام <b>\nخط دوم\n\nSee https://x.example/?a=1&b=2.\n\n123")
    assert '<p dir="rtl" lang="fa">سلام &lt;b&gt;<br>\nخط دوم</p>' in html
    assert '<p dir="ltr" lang="en">See <a href="https://x.example/?a=1&amp;b=2" dir="ltr">' in html
    assert '<p dir="rtl" lang="fa">123</p>' in html
    assert '<body dir="rtl">' in html


def test_blocks_of_html_get_a_direction_once() -> None:
    html = with_directions(
        '<p>سلام</p><p dir="auto">x</p><div class="a">hello</div><ul><li>۱ سلام</li></ul>'
    )
    assert '<p dir="rtl" lang="fa">سلام</p><p dir="ltr" lang="en">x</p>' in html
    assert '<div dir="ltr" lang="en" class="a">hello</div>' in html
    assert '<ul dir="rtl" lang="fa"><li dir="rtl" lang="fa">' in html
    assert with_directions(html) == html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سلام", "fa"), ("۱۲۳ می‌خواهم", "fa"), ("مرحبا، أين طلبي؟", "ar"), ("שלום", "he"),
        ("Hello", "en"), ("Grüße", "und"), ("Привет", "und"), ("123", "und"), ("", "und"),
    ],
)  # fmt: skip
def test_the_language_of_a_block_is_told_by_its_letters(text: str, expected: str) -> None:
    assert language(text) == expected


def test_a_blocks_own_language_stays() -> None:
    assert '<p dir="rtl" lang="ckb">سڵاو</p>' in with_directions('<p lang="ckb">سڵاو</p>')
