#!/usr/bin/env bash
# tests/run.sh [--full]: sets up a bare Debian 12 (root or sudo), builds, runs every test.
#   --full  runs the tests of lib/ under ThreadSanitizer and all tests under AddressSanitizer and
#           UndefinedBehaviorSanitizer first. Why TSan sees lib/ only: docs/development.md.
# Each stage ends with ctest's summary; the last one is that of the release build. Stops at the
# first stage that fails, with its exit code.
set -euo pipefail
cd "$(dirname "$0")/.."

full=false
for argument in "$@"; do
  case "$argument" in
    --full) full=true ;;
    -h | --help)
      sed -n '2,6s/^# //p' "$0"
      exit 0
      ;;
    *)
      echo "tests/run.sh: unknown argument '$argument'; allowed: --full" >&2
      exit 2
      ;;
  esac
done

# Fetches the locked Node packages of each folder that has some, once per lock file.
install_node_packages() {
  find . -name package-lock.json -not -path '*/node_modules/*' -not -path './build*' -print |
    while read -r lock; do
      folder="$(dirname "$lock")"
      if [ ! "$folder/node_modules/.package-lock.json" -nt "$lock" ]; then
        echo "npm ci in $folder"
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
        # A package that is optional (one per CPU) and cannot be fetched is no error to npm.
        if ! grep -q '"node_modules/' "$folder/node_modules/.package-lock.json"; then
          rm -r "$folder/node_modules"
          echo "tests/run.sh: npm fetched nothing for $folder; is its registry reachable?" >&2
          exit 1
        fi
      fi
    done
}

# Configures, builds and tests one preset of CMakePresets.json.
run_stage() {
  local preset=$1
  local begin=$SECONDS
  echo "== $preset: build"
  cmake --preset "$preset" >"$(stage_log "$preset")" 2>&1 || {
    cat "$(stage_log "$preset")"
    return 1
  }
  cmake --build --preset "$preset" --parallel "$(nproc)"
  echo "== $preset: built after $((SECONDS - begin)) s; test"
  ctest --preset "$preset"
}

stage_log() {
  mkdir -p .run
  echo ".run/configure-$1.log"
}

deploy/install-packages.sh build test node
install_node_packages
if $full; then
  run_stage tsan
  run_stage asan
fi
run_stage release
