"""What the tests of IMAP and SMTP share."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.fakes.certificates import self_signed


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS context, and the PEM file to trust for it."""
    return self_signed(tmp_path_factory.mktemp("certificate"))
