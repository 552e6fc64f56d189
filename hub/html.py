"""HTML that strangers sent, made fit to look at: nothing active stays, the words do.

``nh3`` parses as a browser does and keeps an allow-list. Styles are cut down to declarations that
cannot fetch, cover or move anything. Remote pictures, which tell the sender who read what and when,
are left out until the reader asks. The result is still shown only in a sandboxed frame under a
policy of its own.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from html import escape

import nh3

_TAG_NAMES = """
a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd
del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins
kbd li main mark nav ol p pre q rp rt ruby s samp section small span strike strong sub summary sup
table tbody td tfoot th thead time tr tt u ul var wbr
"""
TAGS = frozenset(_TAG_NAMES.split())
_EVERYWHERE = {"dir", "lang", "title", "align", "valign", "bgcolor", "color", "width", "height"}
_ATTRIBUTES = {
    "*": _EVERYWHERE | {"style"},
    "a": {"href"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "font": {"face", "size"},
    "time": {"datetime"},
    "details": {"open"},
}
_GONE_WHOLE = frozenset({"script", "style", "title"})
"""Their content is not text for readers."""
_PROPERTY = re.compile(
    r"color|background-color|direction|unicode-bidi|letter-spacing|line-height|white-space"
    r"|font(-(family|size|style|variant|weight))?|text-(align|decoration|indent|transform)"
    r"|vertical-align|list-style(-type|-position)?|table-layout|border-(collapse|spacing)"
    r"|border(-(top|right|bottom|left))?(-(color|style|width))?|border-radius"
    r"|(min-|max-)?(width|height)|padding(-(top|right|bottom|left))?"
    r"|margin(-(top|right|bottom|left))?|display|float|clear|word-(break|wrap)|overflow-wrap"
)
_VALUE = re.compile(r"[\w\s#%.,'\"!+-]*(\b(rgb|rgba|hsl|hsla)\([\d\s.,%/]*\)[\w\s#%.,'\"!+-]*)*")
_BAD_VALUE = re.compile(r"expression|javascript|url|import|behavior|binding", re.IGNORECASE)
_DATA_IMAGE = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)

_CSS = """
body{margin:0;font:14px/1.45 system-ui,sans-serif;overflow-wrap:anywhere;color:#1b1b1b;
background:#fff}
img{max-width:100%;height:auto}
table{max-width:100%}
blockquote{margin-inline:8px;padding-inline-start:8px;border-inline-start:2px solid #ccc}
"""
_BEFORE = (
    '<!doctype html><html><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>Mail</title>'
    f'<style>{_CSS}</style></head><body dir="auto">'
)
_AFTER = "</body></html>"

LONGEST = 1_000_000  # characters
DEEPEST = 1_000
"""Elements inside each other: parsing takes the square of it."""
MOST_ENTITIES = 100_000
_BOUNDARY = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_ONE_ALONE = """
area base br col embed hr img input link meta param source track wbr
p li dt dd td th tr tbody thead tfoot option optgroup rp rt
"""
_NOT_NESTING = frozenset(_ONE_ALONE.split())


def sanitised(html: str, *, cid: Mapping[str, str] | None = None, images: bool = False) -> str:
    """A fragment that runs nothing. ``cid``: content id -> link of that attachment.

    ``images``: keep pictures from elsewhere.
    """
    html = html[:LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")
    if html.count("&") > MOST_ENTITIES or _depth(html) > DEEPEST:
        return f"<pre>{escape(_ANY_TAG.sub(' ', html))}</pre>"
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags=set(_GONE_WHOLE),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_filter(cid or {}, images=images),
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


def _depth(html: str) -> int:
    """How deep elements stand inside each other at most: a guess that is never too low."""
    depth = deepest = 0
    for closing, name in _BOUNDARY.findall(html):
        if name.lower() in _NOT_NESTING:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def page(html: str, *, cid: Mapping[str, str] | None = None, images: bool = False) -> str:
    """A whole document for the frame."""
    return f"{_BEFORE}{sanitised(html, cid=cid, images=images)}{_AFTER}"


async def in_thread(
    html: str, *, cid: Mapping[str, str] | None = None, images: bool = False
) -> str:
    """``page`` without holding up the event loop."""
    return await asyncio.to_thread(page, html, cid=cid, images=images)


def policy(origin: str, *, images: bool = False) -> str:
    """The Content-Security-Policy of that document: a sandbox without scripts, forms or frames."""
    sources = f"'self' data: {origin}" + (" https: http:" if images else "")
    return (
        f"default-src 'none'; img-src {sources}; style-src 'unsafe-inline'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'; "
        "form-action 'none'; base-uri 'none'"
    )


def _filter(cid: Mapping[str, str], *, images: bool) -> Callable[[str, str, str], str | None]:
    links = {name.strip("<>").lower(): url for name, url in cid.items()}

    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return style(value) or None
        if name == "href":
            return value if _scheme(value) in {"http", "https", "mailto", "tel"} else None
        if name == "src" and tag == "img":
            return _source(value.strip(), links, images=images)
        return value

    return keep


def _source(value: str, links: Mapping[str, str], *, images: bool) -> str | None:
    scheme = _scheme(value)
    if scheme == "cid":
        return links.get(value[4:].strip("<>").lower())
    if scheme == "data":
        return value if _DATA_IMAGE.fullmatch(value) else None
    return value if images and scheme in {"http", "https"} else None


def _scheme(value: str) -> str:
    return value.strip().partition(":")[0].lower() if ":" in value else ""


def style(value: str) -> str:
    """The declarations of a style attribute that only change how the words look."""
    kept: list[str] = []
    for declaration in value.split(";"):
        name, colon, words = declaration.partition(":")
        name, words = name.strip().lower(), words.strip()
        if not colon or len(words) > 200 or not _PROPERTY.fullmatch(name):
            continue
        if name == "display" and words.lower().replace("!important", "").strip() == "none":
            continue  # words that a filter would read and a person not
        if _VALUE.fullmatch(words) and not _BAD_VALUE.search(words):
            kept.append(f"{name}:{words}")
    return ";".join(kept)
