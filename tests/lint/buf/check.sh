#!/usr/bin/env bash
# Holds proto/ to buf's lint rules (proto/buf.yaml) and format, and, from the first tag on, to the
# wire compatibility of v1. Offline; `npm ci --ignore-scripts` in this folder comes first, which
# tests/run.sh does.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../../../proto"

buf="$(find "$here/node_modules/@bufbuild" -path '*/bin/buf' 2>/dev/null | head -n 1)"
if [ -z "$buf" ]; then
  echo "buf is not installed; run: cd tests/lint/buf && npm ci --ignore-scripts" >&2
  exit 1
fi

"$buf" lint
"$buf" format --diff --exit-code
tag="$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)"
if [ -n "$tag" ]; then
  "$buf" breaking --against "../.git#tag=$tag,subdir=proto"
fi
