#!/usr/bin/env bash
# Run once, as root, while Gradescope builds the assignment's image: Python, libseccomp and the pinned packages, and the
# reference solution graded as a trial, which also makes what later runs would have to make each time.
#
# An image that has the packages already names its Python in AUTOGRADER_PYTHON; nothing is installed then.
set -euo pipefail

base="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
project="$base/project"
supported='import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

# A link would not do: an environment's Python finds its packages by the path that it is called by.
keep_python() {
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$1" >"$base/python"
    chmod 755 "$base/python"
}

# An image may be built with less memory than it will run with: a failure is said, and the build goes on.
prepare() {
    bash "$base/run_autograder" --prepare || echo "Going on; try a submission before the students do." >&2
}

if [ -n "${AUTOGRADER_PYTHON:-}" ]; then
    "$AUTOGRADER_PYTHON" -c 'import importlib.util as u, sys
missing = [n for n in ("keras", "numpy", "pytest", "tensorflow", "typer") if u.find_spec(n) is None]
sys.exit(f"AUTOGRADER_PYTHON lacks {missing}" if missing else 0)'
    keep_python "$AUTOGRADER_PYTHON"
    prepare
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null && "$name" -c "$supported" 2>/dev/null && "$name" -c 'import ensurepip' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

apt-get update -qq
install libseccomp2 || true
python="$(find_python)"
if [ -z "$python" ]; then
    # Ubuntu 22.04 has Python 3.10 by default and 3.11 beside it.
    install python3.11 python3.11-venv || install python3 python3-venv
    python="$(find_python)"
fi
if [ -z "$python" ]; then
    echo "Python 3.11, 3.12 or 3.13 is needed: choose a newer base image in the assignment's settings." >&2
    exit 1
fi

"$python" -m venv "$base/venv"
uv="$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' "$project/requirements.lock")"
"$base/venv/bin/python" -m pip --disable-pip-version-check install --quiet "uv==$uv"
# Bytecode now: without it TensorFlow's import takes three times as long, at every submission.
"$base/venv/bin/uv" pip install --quiet --python "$base/venv/bin/python" --compile-bytecode \
    --constraint "$project/requirements.lock" --requirement "$project/pyproject.toml" --extra grader
keep_python "$base/venv/bin/python"
prepare
