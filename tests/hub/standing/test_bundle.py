"""A bundle installs itself without a network, whole or not at all; what fetches asks where it is told."""

from __future__ import annotations

import ensurepip
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import bundle
import hatch_build

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "http://127.0.0.1:9/simple"  # the discard port: a call would fail


def _wheel(folder: Path, version: str) -> None:
    """A hub of a few lines, as the real one is packed."""
    name = f"interaction_hub-{version}"
    files = {
        "hub_stub.py": f"def main():\n    print('hub {version}')\n",
        f"{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: interaction-hub\n"
        f"Version: {version}\n",
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": "[console_scripts]\nhub = hub_stub:main\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{name}.dist-info/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as packed:
        for path, text in files.items():
            packed.writestr(path, text)
        packed.writestr(f"{name}.dist-info/RECORD", record)


def _unpacked(folder: Path, version: str = "9.8.7", python: str = "") -> Path:
    """A bundle as somebody unpacked it."""
    (folder / "wheels").mkdir(parents=True)
    _wheel(folder, version)
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    shutil.copy2(pip, folder)
    shutil.copy2(ROOT / "config" / "install.sh", folder)
    (folder / "requirements.lock").write_text("")
    (folder / "PYTHON").write_text(python or f"{sys.version_info[0]}.{sys.version_info[1]}\n")
    bundle.checksums(folder)
    return folder


def _without_network() -> list[str]:
    """A prefix that takes the network away, where this machine allows it."""
    command = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None:
        return []
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return [] if tried.returncode else command


def _install(unpacked: Path, target: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(target), "PYTHON": sys.executable,
        "PIP_INDEX_URL": NOWHERE, "PIP_EXTRA_INDEX_URL": NOWHERE, "PIP_REQUIRE_VIRTUALENV": "1",
    }  # fmt: skip
    command = [*_without_network(), "sh", str(unpacked / "install.sh"), str(target)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _says(target: Path) -> str:
    hub = target / "current" / "bin" / "hub"
    return subprocess.run([hub], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_it_is_installed_without_a_network_and_stays_when_the_next_one_fails(
    tmp_path: Path,
) -> None:
    target = tmp_path / "target"
    done = _install(_unpacked(tmp_path / "good", "1.0.0"), target)
    assert done.returncode == 0, done.stderr
    assert _says(target) == "hub 1.0.0"
    assert (target / "current").readlink() == Path("releases/1.0.0")
    bad = _unpacked(tmp_path / "bad", "1.1.0")
    (bad / "requirements.lock").write_text(f"aiohttp==3.12.0 --hash=sha256:{'0' * 64}\n")
    bundle.checksums(bad)
    assert _install(bad, target).returncode != 0
    assert _says(target) == "hub 1.0.0"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "requirements.lock").write_text("x"), "damaged"),
        (lambda folder: next(folder.glob("pip-*.whl")).unlink(), "damaged"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "damaged"),
    ],
)
def test_a_damaged_one_changes_nothing(tmp_path: Path, damage: object, words: str) -> None:
    unpacked = _unpacked(tmp_path / "unpacked")
    assert callable(damage)
    damage(unpacked)
    done = _install(unpacked, tmp_path / "target")
    assert done.returncode != 0
    assert words in done.stderr
    assert not (tmp_path / "target" / "current").exists()


def test_another_python_is_refused_by_name(tmp_path: Path) -> None:
    done = _install(_unpacked(tmp_path / "unpacked", python="2.7"), tmp_path / "target")
    assert done.returncode != 0
    assert "Python 2.7" in done.stderr


# ---------------------------------------------------------------- where things are fetched from


@contextmanager
def _registry() -> Iterator[tuple[str, list[str]]]:
    """A registry that has nothing; its address and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_npm_asks_the_registry_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if hatch_build._machine_node() is None:
        pytest.skip("node: none on this machine")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy2(ROOT / "hub" / "web" / "widget" / name, tmp_path)
    with _registry() as (url, asked):
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", url)
        monkeypatch.setenv("NPM_CONFIG_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NPM_CONFIG_FETCH_RETRIES", "0")
        npm, environment = hatch_build._npm()
        with pytest.raises(SystemExit):
            hatch_build._run([*npm, "ci", "--no-audit", "--no-fund"], tmp_path, environment)
        assert asked


@pytest.mark.parametrize("part", hatch_build.PARTS)
def test_no_lock_file_names_a_registry(part: str) -> None:
    lock = (ROOT / "hub" / "web" / part / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_pip_and_uv_ask_the_index_they_are_told(tmp_path: Path) -> None:
    with _registry() as (url, asked):
        environment = {
            **os.environ,
            "PIP_INDEX_URL": f"{url}/simple",
            "PIP_CONFIG_FILE": os.devnull,
        }
        environment.pop("PIP_FIND_LINKS", None)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "-d",
            tmp_path,
            "no-such-thing",
        ]
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode
        assert asked == ["/simple/no-such-thing/"]
    told = subprocess.run(
        ["make", "-n", "lock"], cwd=ROOT, env={**os.environ, "PIP_INDEX_URL": NOWHERE},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told.count(f"UV_DEFAULT_INDEX={NOWHERE} ") == 2
