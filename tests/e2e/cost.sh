#!/usr/bin/env bash
# Times as objectives and pins, on a tiny model: the table is measured once, kept in run.json, and
# gives the same numbers after a resume; a run from before there were times gets them; the table
# and its check are printed; with --measure a program of the user's gives the times.
set -euo pipefail
paretop=$(realpath "${PARETOP:-./paretop}")
build=${BUILD:-build}
work=$(mktemp -d "${TMPDIR:-/tmp}/cost.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
tiny=$work/tiny.gguf
"$build/tools/tiny_model" "$tiny" layers=6 hidden=64 intermediate=256 context=256

fail() {
    echo "FAILED $*"
    exit 1
}
search() { # RUN [OPTIONS]
    local run=$work/$1
    shift
    "$paretop" search "$tiny" --run "$run" --headless --limit 10 --population 6 --threads 2 "$@" \
        >"$work/out" 2>"$work/err" || fail "search $run $*: $(cat "$work/err")"
}

# the run goes by latency; its error is told once
search a --objectives acc,latency --evals 6
grep -qE 'latency of 10 random networks predicted within [0-9.]+ % on average, [0-9.]+ % at worst' "$work/err" ||
    fail "no word of the check: $(cat "$work/err")"
cp "$work/a/run.json" "$work/before.json"
cp "$work/a/history.csv" "$work/before.csv"
search a --evals 12
grep -q 'random networks' "$work/err" && fail "checked again: $(cat "$work/err")"
cmp -s "$work/before.csv" <(head -n 7 "$work/a/history.csv") || fail "rows have changed"

# every row has the four times, as the table gives them
python3 - "$work" <<'PYTHON'
import csv, json, sys
work = sys.argv[1]
before, after = json.load(open(f"{work}/before.json")), json.load(open(f"{work}/a/run.json"))
cost = after["cost"]
assert before["cost"] == cost, "the table has changed"
assert cost["check"]["networks"] == 10 and cost["precision"] == "f32" and cost["threads"] == 1
rows = list(csv.DictReader(open(f"{work}/a/history.csv")))
assert len(rows) == 12
for row in rows:
    for kind in ("decode", "prompt"):
        seconds = cost["ends"][kind]
        for c in row["code"]:
            if c in "012345678":
                seconds += cost["attention"][0][kind]
            eighths = int(c) if c in "12345678" else "abcdefgh".find(c) + 1
            if eighths > 0:
                seconds += next(m for m in cost["mlp"] if m["width"] == 32 * eighths)[kind]
        tokens = 1 if kind == "decode" else cost["prompt"]
        assert abs(float(row[f"{kind}_ms"]) / (1000 * seconds) - 1) < 1e-9, row
        assert abs(float(row[f"{kind}_tps"]) * seconds / tokens - 1) < 1e-9, row
PYTHON

# a pin by an alias steers: all that is bred within it is faster than the full model
limit=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "decode_ms") c = i } NR == 2 { print $c * 0.8 "ms" }' "$work/a/history.csv")
search a --evals 18 --pin "latency<=$limit"
"$paretop" front "$work/a" --json >"$work/front.json"
python3 - "$work/front.json" "${limit%ms}" <<'PYTHON'
import json, sys
front = json.load(open(sys.argv[1]))
assert front and all(r["feasible"] == (r["decode_ms"] <= float(sys.argv[2])) for r in front)
assert any(r["feasible"] for r in front)
PYTHON

# a run from before there were times
search b --evals 6
python3 - "$work/b" <<'PYTHON'
import csv, json, sys
folder = sys.argv[1]
run = json.load(open(f"{folder}/run.json"))
del run["cost"]
json.dump(run, open(f"{folder}/run.json", "w"))
rows = list(csv.reader(open(f"{folder}/history.csv")))
keep = [i for i, name in enumerate(rows[0]) if name not in ("decode_ms", "prompt_ms", "decode_tps", "prompt_tps")]
csv.writer(open(f"{folder}/history.csv", "w"), lineterminator="\n").writerows([[r[i] for i in keep] for r in rows])
PYTHON
search b --evals 9 --pin "decode_tps>=1"
grep -q 'random networks' "$work/err" || fail "a pin on a time: not checked"
search b --evals 10
[ "$(wc -l <"$work/b/history.csv")" -eq 11 ] || fail "rows of an older run"
tail -n 1 "$work/out" | grep -q ' 10 within ' || fail "rows of before have no times: $(cat "$work/out")"

# a table that is none
python3 - "$work/b/run.json" <<'PYTHON'
import json, sys
run = json.load(open(sys.argv[1]))
run["cost"]["mlp"][0]["decode"] = "fast"
json.dump(run, open(sys.argv[1], "w"))
PYTHON
"$paretop" search "$tiny" --run "$work/b" --headless >"$work/out" 2>"$work/err" && fail "a broken table was taken"
grep -q 'run.json: "cost" is no table' "$work/err" || fail "$(cat "$work/err")"

# printed
"$paretop" space "$tiny" --cost >"$work/out" 2>"$work/err" || fail "space --cost: $(cat "$work/err")"
for part in 'attention 4:2' 'MLP 32 ' 'MLP 256' 'embedding and head' 'full model' 'check .*latency of 10 random networks'; do
    grep -qE "$part" "$work/out" || fail "$part is not in: $(cat "$work/out")"
done
precision=int8 # where the processor has it
if ! "$paretop" space "$tiny" --cost --precision int8 --json >"$work/out" 2>"$work/err"; then
    grep -q -- '--precision int8 needs' "$work/err" || fail "space --cost --precision int8: $(cat "$work/err")"
    precision=f32
    "$paretop" space "$tiny" --cost --json >"$work/out" || fail "space --cost --json"
fi
python3 - "$work/out" "$precision" <<'PYTHON'
import json, sys
cost = json.load(open(sys.argv[1]))["cost"]
assert cost["precision"] == sys.argv[2] and len(cost["mlp"]) == 8 and len(cost["attention"]) == 1
assert cost["check"]["networks"] == 10 and cost["check"]["worst_error"]["decode"] >= cost["check"]["mean_error"]["decode"]
PYTHON
# a program of the user's: a thousandth of the file's bytes are its milliseconds
cat >"$work/program.sh" <<'SHELL'
#!/bin/sh
[ "$(head -c 4 "$1")" = GGUF ] || exit 9
echo "$1" >>"$2"
[ ! -e "$2.broken" ] || { echo "the device is gone" >&2; exit 7; }
echo "loading"
echo "$(wc -c <"$1") 2500" | awk '{ print $1 / 1000, $2 }'
SHELL
chmod +x "$work/program.sh"
command="$work/program.sh {model} $work/calls"
search c --objectives acc,latency --evals 6 --measure "$command"
grep -q 'measured by the command' "$work/err" || fail "no word of the measuring: $(cat "$work/err")"
grep -q 'random networks' "$work/err" && fail "a table was checked that nothing goes by"
touch "$work/calls.broken"
"$paretop" search "$tiny" --run "$work/c" --headless --evals 9 >"$work/out" 2>"$work/err" && fail "a failing command"
status=$?
[ "$status" -eq 1 ] || fail "exit $status of a failing command"
grep -q 'the command ended with status 7: the device is gone' "$work/err" || fail "$(cat "$work/err")"
[ "$(wc -l <"$work/c/history.csv")" -eq 7 ] || fail "rows of a failing command"
rm "$work/calls.broken"
search c --evals 9
python3 - "$work" <<'PYTHON'
import csv, json, sys
work = sys.argv[1]
rows = list(csv.DictReader(open(f"{work}/c/history.csv")))
calls = open(f"{work}/calls").read().splitlines()
# of the failing command there was one call, or another worker's before it was heard of
assert len(rows) == 9 and len(calls) in (10, 11), (len(rows), len(calls))
assert set(calls) == {f"{work}/c/measured.gguf"}
for row in rows:
    assert abs(float(row["decode_ms"]) - float(row["bytes"]) / 1000) < 0.01, row
    assert float(row["prompt_ms"]) == 2500
    assert abs(float(row["decode_tps"]) * float(row["decode_ms"]) - 1000) < 1e-6
    assert abs(float(row["prompt_tps"]) - json.load(open(f"{work}/c/run.json"))["cost"]["prompt"] / 2.5) < 1e-9
PYTHON
[ ! -e "$work/c/measured.gguf" ] || fail "the file is still there"
for refused in "--measure=$work/program.sh" "--measure=other {model}"; do
    "$paretop" search "$tiny" --run "$work/c" --headless "$refused" >"$work/out" 2>"$work/err" && fail "taken: $refused"
    [ $? -eq 2 ] || fail "exit of $refused"
done
grep -q "this run was started with --measure" "$work/err" || fail "$(cat "$work/err")"

# stopped while the command runs: it ends, and the run is saved
"$paretop" search "$tiny" --run "$work/d" --headless --limit 10 --measure 'echo $$ >'"$work/pid"'; sleep 300; : {model}' >"$work/out" 2>"$work/err" &
process=$!
for _ in $(seq 300); do
    if [ -s "$work/pid" ]; then break; fi
    sleep 0.1
done
kill -INT "$process"
wait "$process" && fail "exit 0 of an interrupted run" || status=$?
[ "$status" -eq 130 ] || fail "exit $status of an interrupted run: $(cat "$work/err")"
if kill -0 "$(cat "$work/pid")" 2>/dev/null; then fail "the command still runs"; fi

echo "times replay, steer, are checked, and can be measured"
