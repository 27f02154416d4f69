#!/usr/bin/env bash
# paretop baselines end to end, on a tiny model: kill -9 while pruning methods ask for losses, start
# again: no loss and no network is computed twice, rows are those of a call that nobody interrupted;
# once more nothing is left to do; the run's history stays as it is.
. tests/support/e2e

"$build/tools/tiny_model" "$work/tiny.gguf" layers=10 hidden=64 intermediate=256 context=256 || exit 1
run=$work/tiny.run
"$paretop" search "$work/tiny.gguf" --run "$run" --headless --limit 20 --evals 12 --population 6 \
    --inject 666666666. >/dev/null 2>&1 || fail "search"
cp -r "$run" "$work/killed.run"
sha256sum <"$run/history.csv" >"$work/history"

"$paretop" baselines "$work/tiny.gguf" --run "$run" --json >"$work/first.json" 2>"$work/err" ||
    fail "baselines: $(cat "$work/err")"
grep -q "sleb: about .* passes or less" "$work/err" || fail "no estimate: $(cat "$work/err")"

# ---- what is killed goes on ----
losses() { cat "$1"/baselines.d/losses-*.csv 2>/dev/null | wc -l; }
all=$(losses "$run")
kills=0
for part in 2 10 30 60; do
    "$paretop" baselines "$work/killed.run" >/dev/null 2>&1 &
    process=$!
    while kill -0 "$process" 2>/dev/null && [ "$(losses "$work/killed.run")" -lt $((all * part / 100)) ]; do
        sleep 0.005
    done
    kill -9 "$process" 2>/dev/null && kills=$((kills + 1))
    wait "$process" 2>/dev/null
done
[ "$kills" -ge 2 ] || fail "only $kills kills came in time"
printf 'torn' >>"$work/killed.run/baselines.csv"
printf '8888' >>"$(echo "$work"/killed.run/baselines.d/losses-*.csv)"
"$paretop" baselines "$work/killed.run" --json >"$work/second.json" 2>/dev/null || fail "after kills"
python3 - "$run" "$work/killed.run" <<'PYTHON' || fail "a killed call left something else"
import csv, glob, sys
def rows(folder):
    found = list(csv.DictReader(open(f"{folder}/baselines.csv", newline="")))
    assert [int(r["id"]) for r in found] == list(range(len(found))), "ids"
    assert len({(r["origin"], r["code"]) for r in found}) == len(found), "a row twice"
    assert all((r["order"] == "magnitude") == (r["origin"] == "baseline:uniform-l1") for r in found)
    keys = ("origin", "code", "acc", "choice_nll", "bytes", "n", "order")
    return sorted(tuple(r[k] for k in keys) for r in found)
def losses(folder):
    name, = glob.glob(f"{folder}/baselines.d/losses-*.csv")
    found = list(csv.reader(open(name, newline="")))
    assert len({r[0] for r in found}) == len(found), "a loss twice"
    return sorted(map(tuple, found))
a, b = sys.argv[1:]
assert rows(a) == rows(b), "rows"
assert losses(a) == losses(b), "losses"
assert len({r[0] for r in rows(a)}) == 5, "methods"
PYTHON

# ---- sizes ----
python3 - "$work/first.json" "$run/history.csv" <<'PYTHON' || fail "sizes"
import csv, json, sys
made = json.load(open(sys.argv[1]))
assert len(made) == 15, len(made)
assert all(m["part"] <= m["size"] for m in made if m["part"] is not None)
full = max(int(r["params"]) for r in csv.DictReader(open(sys.argv[2], newline="")) if r["origin"] == "base")
assert all(abs(m["params"] / full - m["part"]) < 1e-9 for m in made if m["part"] is not None)
PYTHON

# ---- nothing is left to do ----
cp "$run/baselines.csv" "$work/before.csv"
TIMEFORMAT=%0U # seconds of processors: other work on the machine does not count
{ time "$paretop" baselines "$run" --json >"$work/again.json" 2>"$work/err"; } 2>"$work/took" || fail "a second call"
[ "$(cat "$work/took")" -lt 3 ] || fail "a second call took $(cat "$work/took") s"
cmp -s "$work/before.csv" "$run/baselines.csv" || fail "a second call changed baselines.csv"
cmp -s "$work/first.json" "$work/again.json" || fail "a second call says something else"
sha256sum <"$run/history.csv" | cmp -s - "$work/history" || fail "the history has changed"

# ---- what the run has evaluated is taken from there ----
code=$(python3 -c 'import json, sys; print(next(m["code"] for m in json.load(open(sys.argv[1])) if m["method"] == "shortgpt"))' "$work/first.json")
cp -r "$work/tiny.run" "$work/known.run"
rm -r "$work/known.run/baselines.csv" "$work/known.run/baselines.d"
"$paretop" search "$work/tiny.gguf" --run "$work/known.run" --headless --evals 13 --inject "$code" >/dev/null 2>&1
"$paretop" baselines "$work/known.run" --methods shortgpt >/dev/null 2>&1 || fail "baselines of a run that knows one"
python3 - "$work/known.run" "$code" <<'PYTHON' || fail "$code was evaluated again"
import csv, sys
folder, code = sys.argv[1:]
def row(name):
    return next(r for r in csv.DictReader(open(f"{folder}/{name}", newline=""))
                if r["code"] == code and r["origin"] != "baseline:uniform-l1")
a, b = row("history.csv"), row("baselines.csv")
assert b["origin"].startswith("baseline:") and a["finished"] == b["finished"] and a["acc"] == b["acc"]
PYTHON

# ---- shown as a class of their own ----
"$paretop" front "$run" >"$work/out" || fail "front"
grep -q "^networks of pruning methods" "$work/out" && grep -q "baseline:sleb" "$work/out" || fail "front's text"
"$paretop" front "$run" --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
ours = [r for r in rows if r["origin"].startswith("baseline:")]
sys.exit(not (0 < len(ours) < len(rows)))' || fail "front --json"
[ "$("$paretop" front "$run" --knee 2>/dev/null | grep -c baseline)" -eq 0 ] || fail "--knee shows baselines"

# ---- what is wrong ----
refused "--run DIR" "$paretop" baselines "$work/tiny.gguf"
refused "is not a run directory" "$paretop" baselines "$work/tiny.gguf" --run "$work"
refused "no pruning method" "$paretop" baselines "$run" --methods sleb,wanda
"$paretop" baselines "$run" --methods shortgpt,uniform-l1 --json --quiet 2>&1 |
    python3 -c 'import json, sys; assert {b["method"] for b in json.load(sys.stdin)} == {"shortgpt", "uniform-l1"}' ||
    fail "--methods"
refused "is no size" "$paretop" baselines "$run" --sizes 1.2
refused "--sizes" "$paretop" baselines "$run" --sizes half
"$build/tools/tiny_model" "$work/other.gguf" layers=10 hidden=64 intermediate=256 context=256 seed=9 || exit 1
refused "SHA-256" "$paretop" baselines "$work/other.gguf" --run "$run"
printf 'id,code\n' >"$work/killed.run/baselines.csv"
refused "is missing" "$paretop" baselines "$work/killed.run"

[ "$failed" -eq 0 ] && echo "baselines: all as expected"
exit "$failed"
