#!/usr/bin/env bash
# Kill -9 at random instants, start again: no row is lost, torn, or there twice, and history and
# front are those of a run that nobody interrupted. One seed gives one history for 1, 2, 4 threads.
# KILLS: how many times at least (default 8).
set -euo pipefail
paretop=${PARETOP:-./paretop}
build=${BUILD:-build}
kills=${KILLS:-8}
work=$(mktemp -d "${TMPDIR:-/tmp}/kill_resume.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
"$build/tools/tiny_model" "$work/tiny.gguf" layers=6 hidden=64 intermediate=256 context=256

search() { # RUN [OPTIONS]
    local run=$1
    shift
    "$paretop" search "$work/tiny.gguf" --run "$work/$run" --headless --limit 12 --population 10 \
        --seed 5 "$@" >>"$work/log" 2>&1
}

# same RUN RUN: rows, front and generations agree, times apart
same() {
    python3 - "$work/$1" "$work/$2" <<'PYTHON'
import csv, sys
TIMES = ("seconds", "finished", "decode_ms", "prompt_ms", "decode_tps", "prompt_tps")
def rows(folder, name):
    with open(f"{folder}/{name}", newline="") as file:
        found = [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]
    if name == "history.csv":
        assert [int(r["id"]) for r in found] == list(range(len(found))), f"{folder}: ids"
        assert len({r["code"] for r in found}) == len(found), f"{folder}: a code twice"
    if name == "progress.csv":
        assert [int(r["generation"]) for r in found] == list(range(6)), f"{folder}: generations"
    return found
for name in ("history.csv", "front.csv", "progress.csv"):
    a, b = (rows(folder, name) for folder in sys.argv[1:])
    assert a == b, f"{name}: {sys.argv[1]} and {sys.argv[2]} differ"
PYTHON
}

for threads in 1 2 4; do
    began=$(date +%s%N)
    search "threads$threads" --evals 60 --threads "$threads"
    took=$((($(date +%s%N) - began) / 1000000)) # milliseconds of a whole run
done
same threads1 threads2
same threads1 threads4
[ "$(wc -l <"$work/threads1/history.csv")" -eq 61 ]

killed_run=(search "$work/tiny.gguf" --run "$work/killed" --headless --limit 12 --population 10
    --seed 5 --evals 60 --threads 2)
killed=0
for attempt in $(seq 200); do
    (exec "$paretop" "${killed_run[@]}" >>"$work/log" 2>&1) &
    process=$!
    wait=$((RANDOM * 3 * took / 4 / 32768)) # often before the end, at times after it
    sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
    if kill -9 "$process" 2>/dev/null; then killed=$((killed + 1)); fi
    wait "$process" 2>/dev/null && status=0 || status=$?
    # every line is whole at any time
    if [ -s "$work/killed/history.csv" ]; then
        awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' <(head -c -1 "$work/killed/history.csv")
    fi
    if [ "$status" -ne 0 ] && [ "$status" -ne 137 ]; then
        tail -n 3 "$work/log"
        exit 1
    fi
    if [ "$status" -eq 0 ]; then
        same threads1 killed
        if [ "$killed" -ge "$kills" ]; then break; fi
        rm -rf "$work/killed" # more kills are wanted than one run takes
    fi
done
# what another process asked to stop has not finished
mkdir -p "$work/asked/requests.d"
echo stop, >"$work/asked/requests.d/another.csv"
search asked --evals 60 && status=0 || status=$?
[ "$status" -eq 130 ]
grep -q '^paretop: saved; ' <(tail -n 1 "$work/log")

echo "killed $killed times in $attempt starts; rows and front are those of an uninterrupted run"
[ "$killed" -ge "$kills" ] && [ "$attempt" -lt 200 ]
