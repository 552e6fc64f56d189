"""The hub's key: secrets encrypted at rest, and signatures with a key of their own per purpose.

The key stands outside the database (``HUB_KEY``, ``HUB_KEY_FILE``, else ``HUB_DATA/key``, made
on the first start only). The store keeps a *root*: 32 random bytes encrypted with that key. A key
that cannot open it is the wrong one, and the hub refuses to start rather than to lose its secrets.
Signatures are made from the root (HKDF, RFC 5869, one key a purpose), so that changing the key
leaves links and reply tokens alive.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.settings import Settings

SETTING = "key_root"
"""Name of the root in the store's table ``setting``."""


class KeyRefused(Exception):
    """The key is missing or is not this store's. The message says what to do."""


class Keys:
    """The keys of a running hub. The first of ``texts`` encrypts, each of them decrypts."""

    def __init__(self, texts: Sequence[str], root: bytes, *, base: str = "") -> None:
        self.adopt(texts)
        self.base = base
        """The path below which the hub stands: what signed links begin with."""
        self._derive = lru_cache(maxsize=256)(lambda purpose: _hkdf(root, b"sign:" + purpose))

    def adopt(self, texts: Sequence[str]) -> None:
        """Go on with these keys: the first encrypts from now on."""
        self._boxes = {_key_id(text): _box(text) for text in texts}
        self._current = _key_id(texts[0])

    def encrypt(self, value: str) -> str:
        """``KEYID:TOKEN``, for the database."""
        token = self._boxes[self._current].encrypt(value.encode("utf-8", "surrogatepass"))
        return f"{self._current}:{token.decode()}"

    def decrypt(self, value: str) -> str:
        """The text behind ``encrypt``. Raises KeyRefused."""
        return _open(self._boxes, value).decode("utf-8", "surrogatepass")

    def sign(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 under the key of that purpose: 32 bytes."""
        return hmac.digest(self._derive(purpose.encode()), data, "sha256")

    def verify(self, purpose: str, data: bytes, signature: bytes) -> bool:
        """Whether ``sign`` made it (or its first bytes, 8 at least); constant time."""
        whole = self.sign(purpose, data)
        return len(signature) >= 8 and hmac.compare_digest(whole[: len(signature)], signature)

    def is_current(self, value: str) -> bool:
        """Whether ``value`` was encrypted with the first key."""
        return value.startswith(f"{self._current}:")


def read_texts(settings: Settings) -> list[str]:
    """The key texts, newest first; none if there is no key yet. Raises KeyRefused."""
    if settings.key is not None:
        return _texts(settings.key.reveal(), "HUB_KEY")
    path = settings.key_file or default_path(settings)
    try:
        return _texts(path.read_text("ascii"), str(path))
    except FileNotFoundError:
        if settings.key_file is not None:
            raise KeyRefused(f"store.key_file: {path} does not exist") from None
        return []
    except (OSError, UnicodeDecodeError) as err:
        raise KeyRefused(f"store.key_file: {path} cannot be read: {err}") from err


def default_path(settings: Settings) -> Path:
    """Where the key is when no setting says otherwise."""
    return settings.data / "key"


def open_keys(settings: Settings, stored_root: str | None) -> tuple[Keys, str | None]:
    """The keys for this store, and the root to write into it when it has none yet.

    Raises KeyRefused: the key is missing, though the store was made with one, or is another one.
    """
    texts = read_texts(settings)
    if stored_root is None:
        texts = texts or [_make(default_path(settings))]
        root = secrets.token_bytes(32)
        box = Keys(texts, root, base=settings.base)
        return box, box.encrypt(base64.b64encode(root).decode())
    if not texts:
        raise KeyRefused(_missing(settings))
    boxes = {_key_id(text): _box(text) for text in texts}
    root = base64.b64decode(_open(boxes, stored_root))
    return Keys(texts, root, base=settings.base), None


def add_text(settings: Settings) -> list[str]:
    """Put a new key before the others in ``HUB_DATA/key``: the first step of a rotation."""
    if settings.key is not None or settings.key_file is not None:
        raise KeyRefused("the key is kept outside the hub: put the new one first, on its own line")
    texts = [secrets.token_urlsafe(32), *read_texts(settings)]
    write_texts(default_path(settings), texts)
    return texts


def write_texts(path: Path, texts: Sequence[str]) -> None:
    """Write a key file whole or not at all: mode 0600, fsynced, renamed."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = secrets.token_urlsafe(32)
    write_texts(path, [text])
    return text


def _missing(settings: Settings) -> str:
    return (
        f"the key is missing: {default_path(settings)} does not exist, but this store was made "
        "with one. Put the file back, or give the key by HUB_KEY or HUB_KEY_FILE"
    )


def _texts(text: str, source: str) -> list[str]:
    texts = [line.strip() for line in text.split() if line.strip()]
    if not texts:
        raise KeyRefused(f"{source} is empty: put the key back")
    if any(len(item) < 32 for item in texts):
        raise KeyRefused(f"{source}: a key has at least 32 characters")
    return texts


def _box(text: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_hkdf(text.encode(), b"encrypt")))


def _open(boxes: dict[str, Fernet], value: str) -> bytes:
    name, _, token = value.partition(":")
    box = boxes.get(name)
    if box is None:
        raise KeyRefused(
            "the key is not the one that this store was made with. Put the right one into "
            "HUB_KEY, HUB_KEY_FILE or the file key of HUB_DATA (older keys on lines after it)"
        )
    try:
        return box.decrypt(token)
    except InvalidToken as err:
        raise KeyRefused("a value in the store was changed from outside: restore it") from err


def _key_id(text: str) -> str:
    return hashlib.sha256(b"interaction-hub key id\0" + text.encode()).hexdigest()[:8]


def _hkdf(key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"interaction-hub", info=purpose).derive(key)
