"""The package as a stranger gets it: a wheel made from the sdist serves the console."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


def _run(*command: str | Path, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built by pip in isolation from an sdist of what git knows."""
    folder = tmp_path_factory.mktemp("package")
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False
    ).stdout
    if not files:
        pytest.skip("package: not a git checkout")
    sources = folder / "sources"
    for name in files.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_bytes((ROOT / name).read_bytes())
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", folder=sources)
    (archive,) = (sources / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert not any("node_modules" in name or "/dist/" in name for name in names)
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"),
        *("--wheel-dir", folder, archive),
        folder=folder,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_it_holds_what_is_built_and_no_sources(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "hub/web/console/dist/index.html" in names
    assert "hub/web/widget/dist/widget.js" in names
    assert not any(name.endswith((".ts", ".tsx", "package.json")) for name in names)


async def test_it_serves_the_console(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = home / "lib" / version / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)  # noqa: S202  our own
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(ours))  # what pip would bring, once more
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    environment |= {"HUB_DATA": str(tmp_path / "data"), "HUB_LISTEN": "127.0.0.1:0"}
    process = await asyncio.create_subprocess_exec(
        python, "-m", "hub", "serve", cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().split()[-1]
    try:
        async with aiohttp.ClientSession() as session:
            async with session.get(address) as page:
                assert page.status == 200
                assert 'id="root"' in await page.text()
            async with session.get(f"{address}/widget.js") as script:
                assert script.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
