#!/usr/bin/env bash
# paretop quantize-front end to end, on a tiny model: killed and started again, no network is
# evaluated twice; rows are what eval says of the same network at that type and what extract writes;
# the history stays as it is; the screen takes the overlays; a file of another kind is left alone.
. tests/support/e2e

"$build/tools/tiny_model" "$work/tiny.gguf" layers=10 hidden=64 intermediate=256 context=256 || exit 1
run=$work/tiny.run
"$paretop" search "$work/tiny.gguf" --run "$run" --headless --limit 20 --evals 30 --population 6 \
    >/dev/null 2>&1 || fail "search"
sha256sum <"$run/history.csv" >"$work/history"
cp -r "$run" "$work/killed.run"

"$paretop" quantize-front "$run" --types q8_0,q4_0 --json >"$work/first.json" 2>"$work/err" ||
    fail "quantize-front: $(cat "$work/err")"
grep -q "to evaluate" "$work/err" || fail "no estimate: $(cat "$work/err")"
sha256sum <"$run/history.csv" | cmp -s - "$work/history" || fail "the history has changed"

# ---- what is killed goes on ----
rows() { cat "$1"/overlays/*.csv 2>/dev/null | wc -l; }
kills=0
for upto in 2 5 8; do
    "$paretop" quantize-front "$work/killed.run" >/dev/null 2>&1 &
    process=$!
    while kill -0 "$process" 2>/dev/null && [ "$(rows "$work/killed.run")" -lt "$upto" ]; do
        sleep 0.005
    done
    kill -9 "$process" 2>/dev/null && kills=$((kills + 1))
    wait "$process" 2>/dev/null
    last=$(ls -t "$work"/killed.run/overlays/*.csv | head -1)
    printf '7,88' >>"$last" # torn
done
[ "$kills" -ge 2 ] || fail "only $kills kills came in time"
"$paretop" quantize-front "$work/killed.run" --json >"$work/second.json" 2>/dev/null || fail "after kills"
python3 - "$run" "$work/killed.run" "$work/first.json" "$work/second.json" <<'PYTHON' || fail "a killed call left something else"
import csv, json, sys
def rows(folder, name):
    found = list(csv.DictReader(open(f"{folder}/overlays/{name}.csv", newline="")))
    assert [int(r["id"]) for r in found] == list(range(len(found))), "ids"
    assert len({r["code"] for r in found}) == len(found), "a network twice"
    assert all((r["type"], r["head"], r["origin"]) == (name, name, "quantized") for r in found)
    return sorted((r["code"], r["acc"], r["choice_nll"], r["bytes"], r["n"]) for r in found)
a, b, first, second = sys.argv[1:]
for name in ("q8_0", "q4_0"):
    assert rows(a, name) == rows(b, name), name
    assert rows(a, name), "no rows"
first, second = json.load(open(first)), json.load(open(second))
assert first["points"] == second["points"]
for x, y in zip(first["types"], second["types"]):
    assert all(x[k] == y[k] for k in ("name", "smaller", "loss", "worst_id", "front")), (x, y)
    sizes = [1 - p[x["name"]]["bytes"] / p["own"]["bytes"] for p in first["points"]]
    losses = [p["own"]["acc"] - p[x["name"]]["acc"] for p in first["points"]]
    assert abs(x["smaller"] - sum(sizes) / len(sizes)) < 1e-9
    assert abs(x["loss"] - sum(losses) / len(losses)) < 1e-9
    assert abs(x["worst"] - max(losses)) < 1e-9
q8, q4 = first["types"]
assert "against" not in q8 and q4["against"]["name"] == "q8_0"
losses = [p["q8_0"]["acc"] - p["q4_0"]["acc"] for p in first["points"]]
mean = sum(losses) / len(losses)
assert abs(q4["against"]["loss"] - mean) < 1e-9
assert abs(q4["against"]["loss_stderr"] ** 2 - sum((x - mean) ** 2 for x in losses) / (len(losses) - 1) / len(losses)) < 1e-9
PYTHON

# ---- nothing is left to do ----
cp -r "$run/overlays" "$work/before"
"$paretop" quantize-front "$run" --types q8_0,q4_0 --json >"$work/again.json" 2>"$work/err" || fail "a second call"
[ -s "$work/err" ] && fail "a second call has something to do: $(cat "$work/err")"
diff -r "$work/before" "$run/overlays" >/dev/null || fail "a second call changed the overlays"

# ---- the rows are what eval and extract say ----
code=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["points"][0]["code"])' "$work/first.json")
"$paretop" quantize-front "$run" --types q4_0 --head f16 --quiet --csv >"$work/head.csv" || fail "--head"
"$paretop" eval "$work/tiny.gguf" --run "$run" --arch "$code" --type q4_0 --head f16 --limit 20 --json \
    >"$work/eval.json" 2>/dev/null || fail "eval"
"$paretop" extract "$work/tiny.gguf" --run "$run" --arch "$code" --type q4_0 --head f16 --quiet \
    -o "$work/out.gguf" >/dev/null || fail "extract"
python3 - "$work/head.csv" "$work/eval.json" "$code" "$(stat -c %s "$work/out.gguf")" <<'PYTHON' || fail "rows differ from eval and extract"
import csv, json, sys
table, single, code, size = sys.argv[1:]
row, = (r for r in csv.DictReader(open(table, newline="")) if r["code"] == code and r["type"] != "own")
single = json.load(open(single))
assert row["type"] == "q4_0-head-f16"
assert int(float(row["bytes"])) == single["bytes"] == int(size), (row["bytes"], single["bytes"], size)
assert abs(float(row["acc"]) - single["tasks"][0]["acc"]) < 1e-12
assert abs(float(row["choice_nll"]) - single["tasks"][0]["choice_nll"]) < 1e-9
PYTHON

# ---- the screen has them, each by its type ----
"$paretop" watch "$run" --dump 140x40 >"$work/screen" || fail "watch"
grep -q "q4_0-head-f16" "$work/screen" && grep -q "q8_0" "$work/screen" || fail "no overlays on the screen"

# ---- what is wrong ----
refused "is not a run directory" "$paretop" quantize-front "$work/tiny.gguf"
refused "source is no type" "$paretop" quantize-front "$run" --types source
refused "twice" "$paretop" quantize-front "$run" --types q8_0,q4_0,q8_0
refused "can be read, not written" "$paretop" quantize-front "$run" --types q6_k
refused "exclude each other" "$paretop" quantize-front "$run" --csv --json
"$paretop" front "$run" --csv >"$run/overlays/f16.csv" 2>/dev/null
cp "$run/overlays/f16.csv" "$work/theirs.csv"
"$paretop" quantize-front "$run" --types f16 >/dev/null 2>"$work/err" && fail "another file was taken"
grep -q "f16.csv" "$work/err" || fail "the file is not named: $(cat "$work/err")"
cmp -s "$work/theirs.csv" "$run/overlays/f16.csv" || fail "another file was changed"

[ "$failed" -eq 0 ] && echo "quantize-front: all as expected"
exit "$failed"
