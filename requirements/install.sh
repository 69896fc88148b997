# install.sh PYTHON VENV LOCK STAMP: a virtual environment with exactly what the lock holds.
set -eu
python=$1 venv=$2 lock=$3 stamp=$4

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "cheget needs Python 3.11 or newer; $python is $("$python" -V 2>&1 || echo missing)." >&2
  echo "Name another one: make demo PYTHON=python3.12" >&2
  exit 1
fi
echo "installing what $lock holds, into $venv" >&2
rm -f "$venv"/ready-*
if command -v uv >/dev/null 2>&1; then
  uv venv -q --allow-existing --python "$python" "$venv"
  uv pip sync -q --require-hashes --python "$venv/bin/python" "$lock"
else
  "$python" -m venv --clear "$venv" || {
    echo "Python has no venv here. On Debian or Ubuntu: apt install python3-venv" >&2
    exit 1
  }
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r "$lock"
fi
touch "$stamp"
