"""Whether an answer to an address would come back to us, or to nobody: what stands behind it.

Forwarders write the address that they forward for into the envelope: SRS
(``SRS0=HHH=TT=domain=local@forwarder``), Google's ``local+caf_=to=domain@gmail.com``, VERP
(``list-local=domain@lists``), BATV (``prvs=TAG=local@domain``). Where that is an address of ours,
the answer would go round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from connectors.contract import Uri

if TYPE_CHECKING:
    from hub.channel import Channel

_SRS0: Final = re.compile(r"srs0[-+=][^=]+=[^=]+=(?P<domain>[^=]+)=(?P<local>.+)", re.IGNORECASE)
_SRS1: Final = re.compile(r"srs1[-+=][^=]+=[^=]+=(?P<rest>[-+=].+)", re.IGNORECASE)
_BATV: Final = re.compile(r"(?:prvs|msprvs1)=[^=]+=(?P<local>.+)", re.IGNORECASE)


def behind(address: Uri) -> list[Uri]:
    """The address, and those that it was made of; for mail only, else just the address."""
    scheme, _, rest = address.partition(":")
    local, at, domain = rest.rpartition("@")
    if scheme != "mailto" or not at:
        return [address]
    found = [address]
    if "+" in local:
        found.append(Uri(f"mailto:{local.partition('+')[0]}@{domain}"))
    if batv := _BATV.fullmatch(local):
        found += behind(Uri(f"mailto:{batv['local']}@{domain}"))
    if srs := _srs(local):
        found += behind(Uri(f"mailto:{srs[0]}@{srs[1]}"))
    return found


def _srs(local: str) -> tuple[str, str] | None:
    """(local, domain) that a forwarder has rewritten, however often."""
    if again := _SRS1.fullmatch(local):
        local = f"SRS0{again['rest']}"
    found = _SRS0.fullmatch(local)
    return None if found is None else (found["local"], found["domain"])


def is_ours(address: Uri, channels: Iterable[Channel]) -> bool:
    """Whether what is sent there comes back to one of our channels."""
    folded = Uri(address.casefold())
    own = {uri.casefold() for channel in channels for uri in channel.ours}
    if any(one in own for one in behind(folded)):
        return True
    local = folded.partition(":")[2].rpartition("@")[0]
    return "=" in local and any(_within(uri, local) for uri in own)


def _within(uri: str, local: str) -> bool:
    """Whether an envelope's local part names this address: ``name=domain`` or ``domain=name``."""
    scheme, _, rest = uri.partition(":")
    name, _, domain = rest.rpartition("@")
    if scheme != "mailto" or not name:
        return False
    here = re.escape(name), re.escape(domain)
    forms = f"{here[0]}={here[1]}|{here[1]}={here[0]}"
    return re.search(rf"(?:^|[^a-z0-9.])(?:{forms})(?:$|[^a-z0-9.])", local) is not None
