#!/usr/bin/env bash
# --warm: an earlier run's networks begin a new one, once, are not evaluated again and not counted;
# what does not fit is refused by name. CSV files, DyNAS-T's among them. --stall ends a search.
source "$(dirname "$0")/../support/e2e"
build=$(realpath "$build")
model=$work/tiny.gguf
"$build/tools/tiny_model" "$model" layers=6 hidden=64 intermediate=256 context=256
cd "$work" || exit 1
common=(--headless --limit 10 --population 8 --quiet)

search() { # RUN OPTIONS: must succeed
    local run=$1
    shift
    "$paretop" search "$model" --run "$run" "${common[@]}" "$@" >out 2>err </dev/null ||
        fail "search $run $*: $(tail -n 1 err)"
}
# rows RUN ORIGIN: how many there are
rows() { awk -F, -v o="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "origin") c = i; next }
    $c == o { n++ } END { print n + 0 }' "$1/history.csv"; }
codes() { cut -d, -f2 "$1/history.csv" | tail -n +2; }

search first --evals 16 --seed 1
[ "$(rows first base)" -eq 1 ] || fail "the first run has no base"

# 16 networks taken over, 10 evaluated; none of the 16 again; the same command again does nothing
search second --evals 10 --seed 2 --warm first --space llama-nas --objectives choice_nll,bytes
[ "$(rows second warm)" -eq 16 ] || fail "$(rows second warm) rows of origin warm"
[ "$(codes second | wc -l)" -eq 26 ] || fail "$(codes second | wc -l) rows, 26 expected"
[ "$(codes second | sort | uniq -d | wc -l)" -eq 0 ] || fail "a network twice"
diff <(codes first | sort) <(codes second | head -16 | sort) >/dev/null || fail "other networks"
[ -e second/warm.csv ] && fail "warm.csv is left"
cp second/history.csv before.csv
search second --evals 10 --warm first
search second
cmp -s before.csv second/history.csv || fail "the second start changed the history"
search second --evals 12
[ "$(codes second | wc -l)" -eq 28 ] || fail "two more evaluations expected"
# values of the same network are the same, times and what the run is called apart
python3 - <<'PY' || fail "values differ"
import csv
a = {r["code"]: r for r in csv.DictReader(open("first/history.csv"))}
for r in csv.DictReader(open("second/history.csv")):
    if r["origin"] == "warm":
        for k in ("acc", "acc_norm", "choice_nll", "bytes", "params", "macs", "stderr", "n"):
            assert a[r["code"]][k] == r[k], (k, r["code"])
PY

# what differs is named
refused "--limit" "$paretop" search "$model" --run bad --headless --limit 30 --quiet --warm first
refused "--type" "$paretop" search "$model" --run bad "${common[@]}" --type f16 --warm first
head -c 3000 /dev/zero | tr '\0' 'a ' >"$model.txt"
refused "perplexity" "$paretop" search "$model" --run bad --headless --limit 10 --quiet \
    --text "$model.txt" --task search --objectives perplexity,bytes --warm first
refused "a task" "$paretop" search "$model" --run bad "${common[@]}" --task heldout --warm first
"$build/tools/tiny_model" other.gguf layers=6 hidden=64 intermediate=256 context=256 seed=2
refused "a model" "$paretop" search other.gguf --run bad "${common[@]}" --warm first
refused "without --warm" "$paretop" search "$model" --run second "${common[@]}" --warm other
refused "cannot" "$paretop" search "$model" --run bad "${common[@]}" --warm nowhere
[ -e bad ] && fail "a refused run left a folder"

# CSV: history.csv itself; a file with a code and an accuracy in percent; DyNAS-T's results
search third --evals 9 --warm first/history.csv
[ "$(rows third warm)" -eq 16 ] || fail "history.csv as a file: $(rows third warm) rows"
printf 'code,acc\n888888,45\n88888.,40.5\n' >percent.csv
search fourth --evals 8 --warm percent.csv
awk -F, '$2 == "88888." && $5 != 0.405 { exit 1 }' fourth/history.csv || fail "percents"
cat >dynas.csv <<'CSV'
Sub-network,Date,Model Parameters,Latency (ms),MACs,Accuracy
"{'num_layers': [5], 'num_attention_heads': [4, 4, 4, 4, 4, 4], 'intermediate_size': [128, 256, 256, 256, 64, 64]}",2024-01-01 00:00:00,1,2,3,0.41
884888,2024-01-01 00:00:00,1,2,3,0.40
CSV
heads=$("$paretop" info "$model" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["heads"])')
sed -i "s/\[4, 4, 4, 4, 4, 4\]/[$heads, $heads, $heads, $heads, $heads, $heads]/" dynas.csv
search fifth --evals 8 --warm dynas.csv --warm percent.csv
[ "$(codes fifth | head -4 | tr '\n' ' ')" = "48882. 884888 888888 88888. " ] ||
    fail "DyNAS-T: $(codes fifth | head -4 | tr '\n' ' ')"
sed 's/128, 256/100, 256/' dynas.csv >width.csv
refused "width.csv, line 2: the width of layer 0" \
    "$paretop" search "$model" --run bad "${common[@]}" --warm width.csv
printf 'code,acc\n888888,0.4\n88888x,0.4\n' >code.csv
refused "code.csv, line 3" "$paretop" search "$model" --run bad "${common[@]}" --warm code.csv

# killed at any instant of the import, started again: the networks are there once
for delay in 0.002 0.005 0.01 0.02 0.03 0.05 0.08 0.12; do
    rm -rf sixth
    "$paretop" search "$model" --run sixth "${common[@]}" --evals 6 --seed 3 --warm first \
        >out 2>err </dev/null &
    process=$!
    sleep "$delay"
    kill -9 "$process" 2>/dev/null
    wait "$process" 2>/dev/null
    search sixth --evals 6 --seed 3 --warm first
    [ "$(rows sixth warm)" -eq 16 ] && [ "$(codes sixth | wc -l)" -eq 22 ] ||
        fail "killed after $delay s: $(rows sixth warm) warm rows of $(codes sixth | wc -l)"
done

# --stall: ends by itself; again: at once; without it the search goes on
"$paretop" search "$model" --run seventh --headless --limit 10 --population 4 --seed 1 \
    --evals 60 --stall 3 >out 2>err </dev/null || fail "--stall: exit $?"
grep -q 'no gain in hypervolume for 3 rounds' err || fail "--stall: $(tail -n 3 err)"
stopped=$(codes seventh | wc -l)
[ "$stopped" -lt 60 ] || fail "--stall did not stop"
search seventh --population 4 --stall 3
[ "$(codes seventh | wc -l)" -eq "$stopped" ] || fail "--stall went on"
search seventh --population 4
[ "$(codes seventh | wc -l)" -eq 60 ] || fail "without --stall it does not go on"
exit "$failed"
