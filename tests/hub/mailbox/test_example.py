"""The example of mailboxes is one that the hub takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import registry
from hub import declared, files

EXAMPLE = Path(__file__).parents[3] / "config" / "mailboxes.example.yaml"


def test_the_example_can_be_applied(monkeypatch: pytest.MonkeyPatch):
    names = ("GOOGLE_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "OFFICE_PASSWORD")
    for name in names:
        monkeypatch.setenv(name, "word-of-tests")
    loaded = files.load(EXAMPLE.read_text("utf-8"))
    channels = declared.read(loaded).channels
    assert [channel.name for channel in channels] == ["support", "billing", "office"]
    for channel in channels:
        assert not channel.enabled
        read = registry.read_settings(channel.kind, channel.settings)
        assert read.all_folders[0] == "INBOX"
