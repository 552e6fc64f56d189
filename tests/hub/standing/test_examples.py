"""The examples under config/ fit the hub and the programs that read them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from hub.settings import ENVIRONMENT, load

CONFIG = Path(__file__).resolve().parents[3] / "config"
_VARIABLE = re.compile(r"\b(HUB_[A-Z_]+)\b")
_OF_COMPOSE = {"HUB_HOST"}


@pytest.mark.parametrize(
    "name",
    ["hub.service", "hub.env.example", "compose.yaml", "Dockerfile", "Caddyfile", "install.sh"],
)
def test_every_variable_in_them_is_one_of_ours(name: str) -> None:
    found = set(_VARIABLE.findall((CONFIG / name).read_text()))
    assert found <= set(ENVIRONMENT) | _OF_COMPOSE


def test_the_services_variables_are_taken(tmp_path: Path) -> None:
    lines = (CONFIG / "hub.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = load(None, {**given, "HUB_DATA": str(tmp_path)})
    assert settings.secure
    assert settings.proxies


def test_the_unit_is_one(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd: not on this machine")
    unit = (CONFIG / "hub.service").read_text()
    unit = unit.replace("/opt/interaction-hub/current/bin/hub", "/bin/true")
    path = tmp_path / "interaction-hub.service"
    path.write_text(unit)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0


def test_caddy_takes_its_example() -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy: not on this machine")
    done = subprocess.run(
        ["caddy", "adapt", "--config", CONFIG / "Caddyfile", "--adapter", "caddyfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_compose_names_what_it_uses() -> None:
    found = yaml.safe_load((CONFIG / "compose.yaml").read_text())
    services = found["services"]
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in found["volumes"], name
        assert set(service["networks"]) <= set(found["networks"])
        assert set(service.get("depends_on", {})) <= set(services)
    subnet = found["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert services["hub"]["environment"]["HUB_PROXIES"] == subnet
    assert (CONFIG.parent / services["hub"]["build"]["dockerfile"]).is_file()


def test_shell_can_read_the_install_script() -> None:
    assert subprocess.run(["sh", "-n", CONFIG / "install.sh"], check=False).returncode == 0
    assert (CONFIG / "install.sh").stat().st_mode & 0o111
