"""Which hosts are out in the world: what keeps a URL that somebody else wrote from leading inside.

Names are judged by the very addresses they resolve to, numbers by what any system may read in them.
"""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: str) -> bool:
    """Whether an IP address is out in the world: not private, loopback, link-local, shared (CGNAT),
    multicast or reserved, nor an IPv6 spelling of such an IPv4 one. Raises ValueError."""
    ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    return not (ip.version == 6 and ip.is_site_local)


def _unwrapped(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one stands for (mapped, compatible, 6to4, Teredo, NAT64)."""
    if ip.version == 4:
        return ip
    if ip in _NAT64 or 1 < int(ip) < 2**32:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


class AddressRefused(OSError):
    """The name or URL leads to an address that is not public."""


class GuardedResolver(AbstractResolver):
    """Looks at the very addresses that will be connected to: no second look-up can differ.

    Raises AddressRefused unless all of them are public or the host is in ``allowed``.
    """

    def __init__(self, inner: AbstractResolver, allowed: frozenset[str]) -> None:
        self._inner, self._allowed = inner, allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not is_allowed(host, port, self._allowed):
            for result in found:
                if not is_public(result["host"]):
                    raise AddressRefused(f"{host} is not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_allowed(host: str, port: int | None, allowed: frozenset[str]) -> bool:
    """Whether ``allowed`` (lower case) names the host, or the host with this port."""
    name = host.lower().rstrip(".")
    return name in allowed or f"{name}:{port}" in allowed


def is_local(url: str) -> bool:
    """Whether a URL is plainly not in the world: localhost, or an address that is not public."""
    host = URL(url).host or ""
    inside = host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    return inside or is_inside(host)


def is_number(host: str) -> bool:
    """Whether a host may be taken for an address somewhere below (``0177.1``, ``2130706433``).

    The client does not ask the resolver for what looks like a number, but the system then reads
    octal, hex and shortened spellings: the ending decides, as in WHATWG's URL standard.
    """
    last = host.rstrip(".").rpartition(".")[2].lower()
    return ":" in host or host.replace(".", "").isdigit() or last.isdigit() or last[:2] == "0x"


def is_inside(host: str) -> bool:
    """Whether a host is a number, in any spelling, that is not a public address."""
    return is_number(host) and not _is_public_number(host)


def _is_public_number(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
