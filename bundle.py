"""``make bundle``: one archive with all that an installation needs, for machines without a network.

It holds the wheel of the hub with its built web parts, the wheels of ``requirements.lock`` (their
hashes are checked again when they are installed), pip itself, the install script, examples of
configuration and the checksums of everything. It is for the Python and the platform it was made
on. Where pip and npm get things from is theirs to know: PIP_INDEX_URL, NPM_CONFIG_REGISTRY.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NAME = "interaction-hub"
EXTRAS = ("LICENSE", "README.md", "requirements.lock", "config/install.sh")
EXAMPLES = (
    "hub.example.toml",
    "hub.service",
    "compose.yaml",
    "Dockerfile",
    "Caddyfile",
    "hub.env.example",
)


def bundle(out: Path) -> Path:
    """Make the archive in ``out``. Raises SystemExit with what went wrong."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        wheel = _wheel(work)
        folder = work / f"{NAME}-{wheel.name.split('-')[1]}-{_tag()}"
        folder.mkdir()
        wheel.rename(folder / wheel.name)
        _dependencies(folder)
        for name in EXTRAS:
            shutil.copy2(ROOT / name, folder / Path(name).name)
        (folder / "config").mkdir()
        for name in EXAMPLES:
            shutil.copy2(ROOT / "config" / name, folder / "config" / name)
        (folder / "PYTHON").write_text(f"{sys.version_info[0]}.{sys.version_info[1]}\n")
        checksums(folder)
        return _packed(folder, out)


def _wheel(work: Path) -> Path:
    """The hub's wheel; the build hook has the web parts built."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(work), str(ROOT))
    (wheel,) = work.glob("*.whl")
    return wheel


def _dependencies(folder: Path) -> None:
    """The locked wheels, and the pip that will install them."""
    wheels = str(folder / "wheels")
    only = ("--only-binary", ":all:", "--dest")
    _pip("download", "--require-hashes", *only, wheels, "-r", str(ROOT / "requirements.lock"))
    _pip("download", "--no-deps", *only, str(folder), "pip>=24")


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"pip {arguments[0]} failed")


def _tag() -> str:
    """``cp311-linux_x86_64``: what the bundle is for."""
    return f"cp{sys.version_info[0]}{sys.version_info[1]}-{sys.platform}_{platform.machine()}"


def checksums(folder: Path) -> None:
    """Write SHA256SUMS over all that is there: what the install script checks first."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _packed(folder: Path, out: Path) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"{folder.name}.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname=folder.name)
    return archive


if __name__ == "__main__":
    made = bundle(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    sys.stdout.write(f"{made}  {made.stat().st_size / 1e6:.0f} MB\n")
