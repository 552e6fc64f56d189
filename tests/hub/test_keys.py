"""The key: made once, refused when it is missing or another one, changed without losing anything."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.keys import KeyRefused, Keys, add_text, open_keys, read_texts, write_texts
from hub.settings import Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(None, {"HUB_DATA": str(tmp_path / "data")})


def test_the_first_start_makes_a_key_that_only_its_owner_reads(settings: Settings) -> None:
    keys, root = open_keys(settings, None)
    path = settings.data / "key"
    assert root is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again, none = open_keys(settings, root)
    assert none is None
    assert again.decrypt(keys.encrypt("secret")) == "secret"
    assert again.sign("purpose", b"data") == keys.sign("purpose", b"data")


def test_a_missing_key_is_never_made_anew(settings: Settings) -> None:
    _, root = open_keys(settings, None)
    (settings.data / "key").unlink()
    with pytest.raises(KeyRefused, match="HUB_KEY"):
        open_keys(settings, root)
    assert not (settings.data / "key").exists()


def test_another_key_is_refused(settings: Settings) -> None:
    _, root = open_keys(settings, None)
    write_texts(settings.data / "key", ["x" * 40])
    with pytest.raises(KeyRefused, match="not the one"):
        open_keys(settings, root)


@pytest.mark.parametrize("content", ["", "short\n", "\udcff" * 40])
def test_a_damaged_key_file_is_refused(settings: Settings, content: str) -> None:
    settings.data.mkdir()
    (settings.data / "key").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(KeyRefused):
        read_texts(settings)


def test_the_environment_gives_the_key(tmp_path: Path) -> None:
    settings = load(None, {"HUB_DATA": str(tmp_path), "HUB_KEY": "k" * 40})
    _, root = open_keys(settings, None)
    assert not (tmp_path / "key").exists()
    open_keys(settings, root)


def test_a_key_file_elsewhere_must_exist(tmp_path: Path) -> None:
    settings = load(None, {"HUB_DATA": str(tmp_path), "HUB_KEY_FILE": str(tmp_path / "other")})
    with pytest.raises(KeyRefused, match="does not exist"):
        open_keys(settings, None)
    (tmp_path / "other").write_text("k" * 40)
    open_keys(settings, None)


def test_rotation_keeps_signatures_and_opens_old_secrets(settings: Settings) -> None:
    keys, root = open_keys(settings, None)
    assert root is not None
    old, signed = keys.encrypt("secret"), keys.sign("link", b"1")
    texts = add_text(settings)
    keys.adopt(texts)
    assert keys.decrypt(old) == "secret"
    assert not keys.is_current(old)
    fresh = keys.encrypt(keys.decrypt(old))
    assert keys.is_current(fresh)
    assert keys.sign("link", b"1") == signed
    only_new = Keys(texts[:1], b"r" * 32)
    assert only_new.decrypt(fresh) == "secret"
    with pytest.raises(KeyRefused):
        only_new.decrypt(old)


def test_a_changed_value_is_refused(settings: Settings) -> None:
    keys, _ = open_keys(settings, None)
    name, _, token = keys.encrypt("secret").partition(":")
    with pytest.raises(KeyRefused):
        keys.decrypt(f"{name}:{token[:-6]}AAAAAA")


@given(st.text(), st.text(min_size=1), st.binary())
def test_purposes_do_not_mix(value: str, purpose: str, data: bytes) -> None:
    keys = Keys(["k" * 40], b"r" * 32)
    assert keys.decrypt(keys.encrypt(value)) == value
    signature = keys.sign("a", data)
    assert keys.verify("a", data, signature)
    assert keys.verify("a", data, signature[:12])
    assert not keys.verify("a" + purpose, data, signature)
    assert not keys.verify("a", data + b"x", signature)
    assert not keys.verify("a", data, signature[:4])
