"""From the SQL that is written once to what psycopg takes."""

from __future__ import annotations

import re
from functools import lru_cache

_PIECE = re.compile(
    r"""
      (?P<name> (?<!:) : (?P<id> [A-Za-z_]\w*) )
    | (?<!\w) [eE]' (?: [^'\\] | \\. | '' )* '       # a string with escapes
    | ' (?: [^'] | '' )* '                           # a string
    | " (?: [^"] | "" )* "                           # a name
    | (?<!\w) \$ (?P<tag> (?: [A-Za-z_]\w* )? ) \$ .*? \$ (?P=tag) \$
    | -- [^\n]*
    | /\* .*? \*/
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=2048)
def rewrite(sql: str) -> bytes:
    """``:name`` to ``%(name)s`` outside quotes, comments and ``::``; every ``%`` doubled."""

    def piece(found: re.Match[str]) -> str:
        return f"%({found['id']})s" if found["name"] else found[0]

    return _PIECE.sub(piece, sql.replace("%", "%%")).encode()
