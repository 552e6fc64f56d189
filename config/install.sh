#!/bin/sh
# Installs the hub from this folder. No network is needed, and none is asked.
#
#   ./install.sh [TARGET]          TARGET: /opt/interaction-hub
#
# Each version stands beside the others in TARGET/releases; TARGET/current is the one in use, changed
# last and at once. To go back: ln -sfn releases/OLD TARGET/current. PYTHON names the Python to use.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/interaction-hub}
wanted=$(cat "$here/PYTHON")

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

is_wanted() {
  "$1" -c "import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '$wanted')" 2>/dev/null
}

find_python() {
  for name in ${PYTHON:-"python$wanted" python3 python}; do
    if is_wanted "$name"; then
      echo "$name"
      return
    fi
  done
  fail "this bundle is for Python $wanted, and none was found (set PYTHON to it)"
}

(cd "$here" && sha256sum --check --quiet SHA256SUMS) || fail "the bundle is damaged or incomplete"
python=$(find_python)
wheel=$(echo "$here"/interaction_hub-*.whl)
version=$(basename "$wheel" | cut -d- -f2)
release=$target/releases/$version
new=$release.new

mkdir -p "$target/releases"
rm -rf "$new" "$new.pip"
"$python" -m venv --without-pip "$new"
"$python" -m zipfile -e "$here"/pip-*.whl "$new.pip"
# Neither settings nor variables of this machine may send pip elsewhere.
pip() {
  PIP_CONFIG_FILE=/dev/null PYTHONPATH="$new.pip" "$new/bin/python" -m pip --isolated \
    --disable-pip-version-check --no-input --quiet "$@"
}
pip install --no-index --find-links "$here/wheels" --require-hashes -r "$here/requirements.lock"
pip install --no-index --no-deps "$wheel"
pip check
rm -rf "$release" "$new.pip"
mv "$new" "$release"
# Scripts name the Python beside them by its path: they are told where they stand now.
"$release/bin/python" - "$new" "$release" <<'PYTHON'
import pathlib, sys
old, new = (name.encode() for name in sys.argv[1:])
for path in pathlib.Path(sys.argv[2], "bin").iterdir():
    if path.is_file() and not path.is_symlink() and old in (text := path.read_bytes()):
        path.write_bytes(text.replace(old, new))
PYTHON
"$release/bin/hub" --help >/dev/null || fail "the hub does not start"
ln -sfn "releases/$version" "$target/current"
echo "Installed $version: $target/current/bin/hub"
