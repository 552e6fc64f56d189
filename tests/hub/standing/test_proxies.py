"""What reverse proxies say is believed of those that are ours, and of nobody else."""

from __future__ import annotations

import ipaddress

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from hub.http import client_address, is_local
from hub.settings import Settings, SettingsInvalid, load

OURS = "10.0.0.0/8,127.0.0.1,fd00::/8"


def _settings(**more: str) -> Settings:
    return load(None, {"HUB_PROXIES": OURS, **more})


class _Transport:
    def __init__(self, remote: str) -> None:
        self.remote = remote

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self.remote, 4711) if name == "peername" else default


def _seen(remote: str, *claims: str, settings: Settings | None = None) -> str:
    headers = CIMultiDict([("X-Forwarded-For", claim) for claim in claims])
    request = make_mocked_request("GET", "/", headers=headers, transport=_Transport(remote))
    return client_address(request, settings or _settings())


@pytest.mark.parametrize(
    ("remote", "claims", "expected"),
    [
        ("203.0.113.5", (), "203.0.113.5"),
        ("203.0.113.5", ("198.51.100.1",), "203.0.113.5"),  # no proxy of ours: not believed
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66, 198.51.100.1",), "198.51.100.1"),  # the first was claimed
        ("10.0.0.1", ("198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66", "198.51.100.1"), "198.51.100.1"),  # a header of its own
        ("10.0.0.1", ("192.0.2.66", "198.51.100.1, 10.9.9.9"), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1:50123",), "198.51.100.1"),
        ("10.0.0.1", ("[2001:db8::1]:443",), "2001:db8::1"),
        ("fd00::1", ("2001:db8::1",), "2001:db8::1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("unknown",), "unknown"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(
    remote: str, claims: tuple[str, ...], expected: str
) -> None:
    assert _seen(remote, *claims) == expected


def test_without_proxies_nothing_is_believed() -> None:
    assert _seen("127.0.0.1", "198.51.100.1", settings=load(None, {})) == "127.0.0.1"


def test_what_came_through_a_proxy_is_not_local() -> None:
    near = make_mocked_request("GET", "/", transport=_Transport("127.0.0.1"))
    assert is_local(near, _settings())
    headers = {"X-Forwarded-For": "127.0.0.1"}
    far = make_mocked_request("GET", "/", headers=headers, transport=_Transport("127.0.0.1"))
    assert not is_local(far, _settings())


def test_networks_are_read_and_refused() -> None:
    assert ipaddress.ip_network("10.0.0.0/8") in _settings().proxies
    with pytest.raises(SettingsInvalid, match=r"limits.proxies: .* \(from HUB_PROXIES\)"):
        load(None, {"HUB_PROXIES": "everybody"})


@pytest.mark.parametrize(
    ("url", "base", "origin"),
    [
        ("https://example.com", "", "https://example.com"),
        ("https://example.com/", "", "https://example.com"),
        ("https://example.com/hub/", "/hub", "https://example.com"),
        ("http://h:8080/a/b-c", "/a/b-c", "http://h:8080"),
        ("http://[::1]:8080/x", "/x", "http://[::1]:8080"),
    ],
)
def test_where_the_hub_stands(url: str, base: str, origin: str) -> None:
    found = load(None, {"HUB_PUBLIC_URL": url})
    assert (found.base, found.origin) == (base, origin)


@pytest.mark.parametrize("path", ["/a b", "/..", "/a/../b", "//x", "/%2e", "/{x}", '/"'])
def test_a_path_must_be_plain(path: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"hub\.public_url"):
        load(None, {"HUB_PUBLIC_URL": f"https://example.com{path}"})
