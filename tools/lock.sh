#!/usr/bin/env bash
# Writes requirements.lock from pyproject.toml: what the component, the emulator and the development need, with hashes.
# With UPGRADE=1 to the newest versions allowed, else only as far as pyproject.toml asks for it.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=0.13.9
folder=.local/lock
if ! "$folder/bin/uv" --version 2>/dev/null | grep -q "^uv $UV "; then
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet "uv==$UV"
fi
# --no-header and --no-emit-index-url: nothing of the machine that resolved it stands in the file.
"$folder/bin/uv" pip compile pyproject.toml --quiet --extra emulator --extra packer --group dev --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-annotate --no-header ${UPGRADE:+--upgrade} --output-file requirements.lock
echo "requirements.lock: $(grep -c '^[a-z]' requirements.lock) packages"
