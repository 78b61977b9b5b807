#!/usr/bin/env bash
# The main job on this machine: builds Roomkeeper, starts a simulated Databricks and the daemon on loopback, and takes
# one brand from its sharing identifier to a READY packaged clean room and a notebook run in it.
#   deploy/quickstart.sh          run, show, stop what it started
#   deploy/quickstart.sh --keep   leave both servers running and print their addresses
#   --bin-dir DIR                 the programs are there already: install and build nothing
#   --run-dir DIR                 write there instead of .run/quickstart
# Re-runnable: every run begins with an empty store and a new simulated platform in a new run folder.
set -euo pipefail
cd "$(dirname "$0")/.."

keep=no
bin=
run=$PWD/.run/quickstart
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=yes ;;
    --bin-dir) bin=${2:?--bin-dir needs a folder}; shift ;;
    --run-dir) run=${2:?--run-dir needs a folder}; shift ;;
    *) echo "usage: deploy/quickstart.sh [--keep] [--bin-dir DIR] [--run-dir DIR]" >&2; exit 2 ;;
  esac
  shift
done
say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

if [ -z "$bin" ]; then
  say "1/6 Packages and build (the first time takes minutes, then seconds)"
  deploy/install-packages.sh build demo
  mkdir -p .run
  cmake --preset release >.run/configure.log 2>&1 || { cat .run/configure.log; exit 1; }
  cmake --build --preset release --target roomkeeperd roomctl databricks-sim
  bin=$PWD/build/bin
else
  say "1/6 Programs of $bin"
fi
roomctl() { "$bin/roomctl" "$@"; }

# A server left by an earlier --keep is ours to stop; the pid is checked against the program's name.
for name in roomkeeperd databricks-sim; do
  pid_file="$run/$name.pid"
  if [ -f "$pid_file" ] && [ "$(cat "/proc/$(cat "$pid_file")/comm" 2>/dev/null)" = "${name:0:15}" ]; then
    kill "$(cat "$pid_file")" && tail --pid="$(cat "$pid_file")" -f /dev/null
  fi
done
rm -rf "$run"
mkdir -p "$run/secrets"
chmod 700 "$run" "$run/secrets"

stop() {
  if [ "$keep" = no ]; then
    for name in roomkeeperd databricks-sim; do
      if [ -f "$run/$name.pid" ]; then
        kill "$(cat "$run/$name.pid")" 2>/dev/null || true
        tail --pid="$(cat "$run/$name.pid")" -f /dev/null 2>/dev/null || true
        rm -f "$run/$name.pid"
      fi
    done
  fi
}
trap stop EXIT

# start NAME ARGS…: runs a server in the background, waits for its one ready line, leaves it in $run/NAME.ready.
start() {
  local name=$1
  shift
  # In a session of its own, so that a kept server outlives the terminal.
  setsid "$bin/$name" "$@" >"$run/$name.ready" 2>"$run/$name.log" </dev/null &
  local pid=$!
  echo "$pid" >"$run/$name.pid"
  for _ in $(seq 300); do
    if [ -s "$run/$name.ready" ]; then
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "$name did not start; its log:" >&2
  tail -n 20 "$run/$name.log" >&2
  exit 1
}

# field FILE PYTHON-EXPRESSION: one value of a JSON file, as `d`.
field() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }

say "2/6 A simulated Databricks: the provider's workspace and those of the brands acme and globex"
sed "s|^secrets_dir:.*|secrets_dir: $run/secrets|" deploy/config/databricks-sim.yaml >"$run/databricks-sim.yaml"
start databricks-sim --config "$run/databricks-sim.yaml"
sim() { field "$run/databricks-sim.ready" "{w['name']: w for w in d['workspaces']}$1"; }
for workspace in provider acme; do
  echo "$workspace: $(sim "['$workspace']['host']"), metastore $(sim "['$workspace']['global_metastore_id']")"
done

say "3/6 Roomkeeper, with the embedded store"
cat >"$run/roomkeeperd.yaml" <<EOF
provider: {collaborator_alias: provider}
packages_dir: $PWD/deploy/packages
store: {path: $run/roomkeeper.db}
grpc: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
shards:
  - id: main
    host: $(sim "['provider']['host']")
    global_metastore_id: $(sim "['provider']['global_metastore_id']")
    client_id: $(sim "['provider']['principals'][0]['client_id']")
    client_secret_file: $run/secrets/provider.$(sim "['provider']['principals'][0]['name']").secret
EOF
start roomkeeperd --config "$run/roomkeeperd.yaml" --bootstrap-operator-key "$run/operator.key"
ROOMKEEPER_ADDRESS=$(field "$run/roomkeeperd.ready" "d['grpc_address']")
export ROOMKEEPER_ADDRESS
export ROOMKEEPER_API_KEY_FILE=$run/operator.key
roomctl version
echo
roomctl doctor

say "4/6 The operator makes the brand known and gives its app a key"
roomctl brands create acme --display-name "Acme"
roomctl brands enroll acme --install-id prod --metastore "$(sim "['acme']['global_metastore_id']")" \
  --workspace-id "$(sim "['acme']['workspace_id']")" --email data@acme.example
roomctl keys create --for brands/acme/installs/prod --display-name "acme app" --key-file "$run/acme.key"

say "5/6 The brand's app asks for its clean room"
export ROOMKEEPER_API_KEY_FILE=$run/acme.key
export ROOMKEEPER_INSTALL=brands/acme/installs/prod
request_id=quickstart-$(date +%s)
roomctl rooms create --package identity-match --request-id "$request_id" --wait --timeout 10m
roomctl rooms create --package identity-match --request-id "$request_id" -o json >"$run/again.json"
roomctl jobs list -o json >"$run/jobs.json"
printf '\nThe same request again is answered with the same job: %s (jobs in all: %s)\n' \
  "$(field "$run/again.json" "d['name']")" "$(field "$run/jobs.json" "len(d['jobs'])")"

say "6/6 The brand, in its own workspace: adds its table and runs the notebook through the Jobs API"
roomctl rooms notebook identity-match -o json >"$run/notebook.json"
host=$(sim "['acme']['host']")
# The token of the brand's admin goes to curl by a file, not by its arguments. Roomkeeper never sees it.
printf 'header = "Authorization: Bearer %s"\n' "$(cat "$run/secrets/acme.data@acme.example.secret")" >"$run/secrets/brand.curl"
brand_api() { # METHOD PATH [BODY]
  curl -sS --fail-with-body -H 'Content-Type: application/json' -K "$run/secrets/brand.curl" -X "$1" ${3:+-d "$3"} "$host$2"
}
room=$(field "$run/notebook.json" "d['clean_room_name']")
alias=$(field "$run/notebook.json" "d['runner_collaborator_alias']")
brand_api POST "/api/2.0/clean-rooms/$room/assets" "{\"name\":\"$alias.crm.customers\",\"asset_type\":\"TABLE\",
  \"table_local_details\":{\"local_name\":\"acme.crm.customers\"}}" >"$run/asset.json"
echo "added $(field "$run/asset.json" "d['name']")"
python3 - "$run/notebook.json" >"$run/submit.json" <<'EOF'
import json, sys
n = json.load(open(sys.argv[1]))
print(json.dumps({"run_name": "identity match", "tasks": [{"task_key": "match", "clean_rooms_notebook_task": {
    "clean_room_name": n["clean_room_name"], "notebook_name": n["notebook_name"], "etag": n["etag"],
    "notebook_base_parameters": {"brand_alias": n["runner_collaborator_alias"], "provider_alias": "provider"}}}]}))
EOF
brand_api POST /api/2.2/jobs/runs/submit "$(cat "$run/submit.json")" >"$run/run.json"
run_id=$(field "$run/run.json" "d['run_id']")
for _ in $(seq 100); do
  brand_api GET "/api/2.2/jobs/runs/get?run_id=$run_id" >"$run/run.json"
  state=$(field "$run/run.json" "d['state']['life_cycle_state']")
  if [ "$state" = TERMINATED ]; then
    break
  fi
  sleep 0.2
done
echo "run $run_id: $state $(field "$run/run.json" "d['state'].get('result_state', '')")"
printf '\nWhat the provider sees of it (roomctl runs list):\n'
roomctl runs list identity-match

if [ "$keep" = yes ]; then
  say "Left running"
  cat <<EOF
gRPC           $ROOMKEEPER_ADDRESS
admin          http://$(field "$run/roomkeeperd.ready" "d['admin_address']")/metrics
simulator      $(field "$run/databricks-sim.ready" "d['control_url']")
operator key   $run/operator.key
brand key      $run/acme.key
  export ROOMKEEPER_ADDRESS=$ROOMKEEPER_ADDRESS ROOMKEEPER_API_KEY_FILE=$run/acme.key ROOMKEEPER_INSTALL=$ROOMKEEPER_INSTALL
stop it with: kill $(cat "$run/roomkeeperd.pid") $(cat "$run/databricks-sim.pid")
EOF
fi
