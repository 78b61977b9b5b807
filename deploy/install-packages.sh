#!/usr/bin/env bash
# deploy/install-packages.sh KIND...: installs those packages of deploy/debian-packages.txt that are
# missing. Does nothing, and asks for no rights, when all are there. Needs root or sudo otherwise.
set -euo pipefail
list="$(dirname "$0")/debian-packages.txt"

if [ $# -eq 0 ]; then
  echo "usage: $0 build|run|demo|test|node ..." >&2
  exit 2
fi

missing=()
for kind in "$@"; do
  if [ "$kind" = node ] && command -v npm >/dev/null 2>&1 &&
    [ "$(node -p 'parseInt(process.versions.node)' 2>/dev/null || echo 0)" -ge 18 ]; then
    continue
  fi
  while read -r package; do
    status="$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)"
    case "$status" in
      ii*) ;;
      *) missing+=("$package") ;;
    esac
  done < <(awk -v kind="$kind" '!/^#/ { for (i = 2; i <= NF; i++) if ($i == kind) print $1 }' "$list")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "$0: missing packages, and neither root nor sudo: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y \
  --no-install-recommends "${missing[@]}" >&2
