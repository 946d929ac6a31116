#!/usr/bin/env bash
# Writes onnxruntime.json: what onnxruntime computes of the models of onnx_test.go, after onnx's
# checker has passed them. Needs `npm install onnxruntime-node` in the folder given, and python3-onnx.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
modules=$(cd "${1:?usage: vectors.sh FOLDER-WITH-NODE_MODULES}" && pwd)
models=$(mktemp -d)
trap 'rm -rf "$models"' EXIT
cd "$here/.."
LGL_ONNX_MODELS=$models go test -count 1 -run TestOnnxruntime . >/dev/null || true # the old vectors may not fit
/usr/bin/python3 testdata/check.py "$models"
cd "$modules"
node "$here/run.js" "$models" >"$models/vectors"
mv "$models/vectors" "$here/onnxruntime.json"
