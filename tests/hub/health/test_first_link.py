"""The first words of a hub: where it is, and a link that works, on whatever port it got."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from hub import serve
from hub.settings import load
from tests.hub.office import settings_for


async def test_the_first_link_names_the_port_that_was_free(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(tmp_path, sqlite_url)
    assert settings.public_url == "http://127.0.0.1:0"
    async with serve.running(settings) as (hub, base):
        await serve._greet(hub, base)
        link = capsys.readouterr().out.rstrip().rpartition(" ")[2]
        assert link.startswith(f"{base}/link/")
        async with aiohttp.ClientSession() as session:
            path = link.replace("/link/", "/api/v1/links/")
            async with session.get(path) as answer:
                assert answer.status == 200, await answer.text()


def test_an_address_that_was_given_stays(tmp_path: Path) -> None:
    given = {"HUB_LISTEN": "127.0.0.1:0", "HUB_DATA": str(tmp_path)}
    settings = load(None, given | {"HUB_PUBLIC_URL": "https://hub.acme.example"})
    real, taken = serve.on_a_port(settings)
    assert taken is not None
    with taken:
        assert real.public_url == "https://hub.acme.example"
        assert real.port == taken.getsockname()[1] != 0
    assert serve.on_a_port(real) == (real, None)
