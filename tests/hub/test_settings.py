"""Settings: file, environment, and refusals that name the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.settings import ENVIRONMENT, SettingsInvalid, load


def test_nothing_set_is_a_hub_on_sqlite_in_data() -> None:
    found = load(None, {})
    assert found.data == Path("data").absolute()
    assert (found.host, found.port) == ("127.0.0.1", 8080)
    assert found.public_url == "http://127.0.0.1:8080"
    assert found.database == f"sqlite:///{Path('data/hub.db').absolute()}"
    assert not found.secure


def test_environment_wins_over_file(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nlisten = "0.0.0.0:1"\nregion = "IR"\n[limits]\nupload = "3 MB"\n')
    found = load(path, {"HUB_LISTEN": "[::1]:9000", "HUB_PUBLIC_URL": "https://hub.example/"})
    assert (found.host, found.port, found.region) == ("::1", 9000, "IR")
    assert found.upload_bytes == 3_000_000
    assert found.public_url == "https://hub.example"
    assert found.secure


def test_address_of_an_ipv6_listener_is_bracketed() -> None:
    assert load(None, {"HUB_LISTEN": "[::1]:80"}).public_url == "http://[::1]:80"


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("HUB_LISTEN", "8080", "hub.listen"),
        ("HUB_LISTEN", "localhost:http", "hub.listen"),
        ("HUB_LISTEN", "localhost:70000", "hub.listen"),
        ("HUB_LISTEN", "localhost:٨٠", "hub.listen"),
        ("HUB_PUBLIC_URL", "hub.example", "hub.public_url"),
        ("HUB_PUBLIC_URL", "https://hub.example/../path", "hub.public_url"),
        ("HUB_PUBLIC_URL", "https://user@hub.example", "hub.public_url"),
        ("HUB_PUBLIC_URL", "https://hub.example:x", "hub.public_url"),
        ("HUB_DATABASE", "mysql://x", "store.database"),
        ("HUB_DATABASE", "sqlite:///", "store.database"),
        ("HUB_REDIS", "redis://localhost", "store.redis"),
        ("HUB_REGION", "XX", "hub.region"),
        ("HUB_TIME_ZONE", "Mars/Olympus", "hub.time_zone"),
        ("HUB_TIME_ZONE", "../etc/passwd", "hub.time_zone"),
        ("HUB_LANGUAGE", "de", "hub.language"),
        ("HUB_KEY", "short", "store.key"),
        ("HUB_PROXIES", "10.0.0.0/99", "limits.proxies"),
        ("HUB_LOG", "chatty", "hub.log"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(variable: str, value: str, name: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(None, {variable: value})
    assert str(refused.value).startswith(f"{name}: ")
    assert variable in str(refused.value)


def test_redis_is_for_later() -> None:
    with pytest.raises(SettingsInvalid, match="not yet"):
        load(None, {"HUB_REDIS": "redis://localhost"})


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("[hub]\nlisten = 8080", "hub.listen: expected str, got int"),
        ("[hub]\nlisetn = 'x'", "hub.lisetn: "),
        ("[hbu]\n", "hbu: "),
        ("hub = 3", "hub: expected object"),
        ("[limits]\nupload = '3 MiB'", "limits.upload: "),
        ("[limits]\nupload = 0", "limits.upload: "),
        ("[hub]\nname = ' '", "hub.name: "),
    ],
)
def test_a_wrong_file_is_refused_by_section_and_key(tmp_path: Path, text: str, begins: str) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(text)
    with pytest.raises(SettingsInvalid) as refused:
        load(path, {})
    assert str(refused.value).startswith(begins)


@pytest.mark.parametrize("content", [b"[hub", b"\xff\xfe"])
def test_a_file_that_is_not_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hub.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsInvalid, match="is not TOML"):
        load(path, {})


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="no such file"):
        load(tmp_path / "none.toml", {})


def test_secrets_are_masked() -> None:
    assert "k" * 40 not in repr(load(None, {"HUB_KEY": "k" * 40}))


def test_persian_brings_its_calendar_and_digits() -> None:
    found = load(None, {"HUB_LANGUAGE": "fa"})
    assert (found.calendar, found.digits, found.first_day) == ("persian", "arabext", "saturday")


def test_the_variables_are_the_documented_ones() -> None:
    documented = {"HUB_DATA", "HUB_LISTEN", "HUB_DATABASE", "HUB_REDIS", "HUB_PUBLIC_URL"}
    assert documented <= set(ENVIRONMENT)
