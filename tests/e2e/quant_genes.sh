#!/usr/bin/env bash
# --quant-genes: weight types of layers are searched. What the history says of a network is what its
# file is and does; a run that was killed goes on as it would have; the space counts them.
source "$(dirname "$0")/../support/e2e"
build=$(realpath "$build")
model=$work/tiny.gguf
"$build/tools/tiny_model" "$model" layers=4 hidden=64 intermediate=256 context=256
cd "$work" || exit 1
search() { "$paretop" search "$model" --headless --quiet --limit 20 --population 8 --seed 4 --evals 24 --run "$@" \
    >out 2>err </dev/null; }

search a.run --quant-genes || fail "search: $(tail -n 1 err)"
grep -q '"types": "source,q8_0,q4_0"' a.run/run.json || fail "run.json does not tell the types"
grep -q ',8888:8888,' a.run/history.csv || fail "no network is wholly q8_0"
grep -q ',8888:4444,' a.run/history.csv || fail "no network is wholly q4_0"

# shown, extracted, evaluated from its file: the same size, the same answers
while IFS=, read -r id code bytes acc; do
    "$paretop" extract "$model" --run a.run --arch "$code" -o "$id.gguf" --quiet >out 2>err ||
        fail "extract $code: $(cat err)"
    [ "$(stat -c %s "$id.gguf")" = "$bytes" ] || fail "$code: $bytes shown, $(stat -c %s "$id.gguf") written"
    found=$("$paretop" eval "$id.gguf" --task search --limit 20 --json 2>/dev/null |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["tasks"][0]["acc"])')
    [ "$found" = "$acc" ] || fail "$code: accuracy $acc shown, $found of its file"
done < <(python3 - <<'PY'
import csv
rows = [r for r in csv.DictReader(open("a.run/history.csv")) if ":" in r["code"]]
for r in (rows[0], rows[1], rows[-1]):
    print(r["id"], r["code"], r["bytes"], float(r["acc"]), sep=",")
PY
)

# killed, it goes on to the same history
"$paretop" search "$model" --headless --quiet --limit 20 --population 8 --seed 4 --evals 24 --run b.run --quant-genes \
    >out 2>err </dev/null &
process=$!
while [ "$(cat b.run/history.csv 2>/dev/null | wc -l)" -lt 10 ]; do sleep 0.02; kill -0 $process 2>/dev/null || break; done
kill -9 $process 2>/dev/null
wait $process 2>/dev/null
search b.run || fail "resume: $(tail -n 1 err)"
diff <(cut -d, -f1-11 a.run/history.csv) <(cut -d, -f1-11 b.run/history.csv) >/dev/null || fail "another history"
refused 'with --types source,q8_0,q4_0, not source,q4_1' "$paretop" search "$model" --headless --run b.run --quant-genes \
    --types source,q4_1
refused 'give that, too' "$paretop" search "$model" --headless --run c.run --types q8_0,q4_0
refused 'two or more weight types' "$paretop" search "$model" --headless --run c.run --quant-genes --types q8_0
refused 'can be read, not written' "$paretop" search "$model" --headless --run c.run --quant-genes --types q4_k,q8_0
[ ! -e c.run ] || fail "a refused search left a run directory"

# each kept layer in three types: (5 * 3 + 1)^4 less the one that keeps nothing
"$paretop" space "$model" --quant-genes --json >space.json || fail "space"
[ "$(python3 -c 'import json; print(json.load(open("space.json"))["networks"])')" = 65535 ] || fail "$(cat space.json)"
exit "$failed"
