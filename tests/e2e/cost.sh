#!/usr/bin/env bash
# Times as objectives and pins, on a tiny model: the table is measured once, kept in run.json, and
# gives the same numbers after a resume; a run from before there were times gets them; the table
# and its check are printed.
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
"$paretop" space "$tiny" --cost --precision int8 --json >"$work/out"
python3 - "$work/out" <<'PYTHON'
import json, sys
cost = json.load(open(sys.argv[1]))["cost"]
assert cost["precision"] == "int8" and len(cost["mlp"]) == 8 and len(cost["attention"]) == 1
assert cost["check"]["networks"] == 10 and cost["check"]["worst_error"]["decode"] >= cost["check"]["mean_error"]["decode"]
PYTHON
echo "times replay, steer, and are checked"
