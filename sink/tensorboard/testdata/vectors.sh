#!/usr/bin/env bash
# Writes tensorboard.json: what TensorBoard reads in the file of tensorboard_test.go, with the file's
# SHA-256, and the bytes that PyTorch's SummaryWriter, which is TensorBoard's writer, makes of a number.
# Needs a checkout of TensorBoard, and of Debian: python3-protobuf protobuf-compiler libprotobuf-dev
# python3-absl python3-markdown python3-bleach python3-werkzeug python3-torch.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "${1:?usage: vectors.sh CHECKOUT-OF-TENSORBOARD}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source/tensorboard" "$work"
touch "$work/tensorboard/compat/notf.py" # without TensorFlow
(
	cd "$work"
	for dir in $(find tensorboard/compat/proto tensorboard/plugins -name '*.proto' -printf '%h\n' | sort -u); do
		protoc -I . -I /usr/include --python_out=. "$dir"/*.proto
	done
)
cd "$here/.."
mkdir "$work/run"
LGL_BOARD=$work/run go test -count 1 -run TestTensorBoardReads . >/dev/null || true # the old vectors may not fit
PYTHONPATH=$work /usr/bin/python3 "$here/read.py" "$work/run" >"$work/vectors"
mv "$work/vectors" "$here/tensorboard.json"
