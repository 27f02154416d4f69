#!/usr/bin/env bash
# A search with several tasks on a tiny model: each one's accuracy is a column, an objective, a pin,
# an order of the front; and comes back when the run is gone on with.
. tests/support/e2e
# holds EXPRESSION: of h (rows of history.csv), f (of front.csv), run (run.json), out (the last output)
holds() {
    python3 - "$work" "$1" <<'PYTHON' || fail "$1"
import csv, json, sys
work = sys.argv[1]
h, f = (list(csv.DictReader(open(f"{work}/run/{n}.csv", newline=""))) for n in ("history", "front"))
run = json.load(open(f"{work}/run/run.json"))
out = open(f"{work}/out").read()
easy, hard, again = (f"acc:{n}" for n in ("easy", "very_hard_", "easy-2"))
sys.exit(not eval(sys.argv[2]))
PYTHON
}

tiny=$work/tiny.gguf
"$build/tools/tiny_model" "$tiny" layers=4 hidden=64 intermediate=256 context=256 || exit 1
python3 - "$work" <<'PYTHON'
import os, random, sys
work = sys.argv[1]
random.seed(1)
os.makedirs(f"{work}/b")
for name, items, step in (("easy.csv", 30, 1), ("very,hard .csv", 20, 3), ("b/easy.csv", 16, 2)):
    with open(f"{work}/{name}", "w") as f:
        print("question,a,b,c,answer", file=f)
        for i in range(items):
            words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4)]
            print(f"What comes after {words[3]} in row {i * step}?,{','.join(words[:3])},{random.choice('abc')}", file=f)
PYTHON
tasks=(--task "$work/easy.csv" --task "$work/very,hard .csv" --task "$work/b/easy.csv")
search() {
    "$paretop" search "$tiny" --run "$work/run" --headless --population 6 --seed 3 "$@" \
        >"$work/out" 2>"$work/err" </dev/null
}
front() {
    "$paretop" front "$work/run" "$@" >"$work/out" 2>"$work/err" </dev/null
}

search "${tasks[@]}" --objectives acc:easy-2,bytes --evals 18 || fail "search: $(cat "$work/err")"
holds "[t['name'] for t in run['tasks']] == ['easy', 'very_hard_', 'easy-2']"
holds "run['objectives'] == [again, 'bytes'] and len(h) == 18"
holds "list(h[0]).index('stderr') - list(h[0]).index(easy) == 3 and list(f[0]) == list(h[0])"
# the mean is that of the columns, its standard error theirs; each column counts whole questions
holds "all(abs(float(r['acc']) - sum(float(r[k]) for k in (easy, hard, again)) / 3) < 1e-12 for r in h)"
holds "all(abs(float(r[k]) * n - round(float(r[k]) * n)) < 1e-9 for r in h for k, n in ((easy, 30), (hard, 20), (again, 16)))"
holds "all(abs(float(r['stderr']) - sum(float(r[k]) * (1 - float(r[k])) / (n - 1) for k, n in ((easy, 30), (hard, 20), (again, 16))) ** .5 / 3) < 1e-12 for r in h)"
holds "len({r[k] for r in h for k in (easy, hard)}) > 2"
# the front is the one by this task's accuracy
holds "{r['id'] for r in f} <= {r['id'] for r in h if not any(float(s[again]) >= float(r[again]) and int(s['bytes']) < int(r['bytes']) for s in h)}"
# one row's accuracies are eval's
code=$(python3 -c 'import csv, sys; print(list(csv.DictReader(open(sys.argv[1])))[5]["code"])' "$work/run/history.csv")
"$paretop" eval "$tiny" --arch "$code" --run "$work/run" "${tasks[@]}" --json >"$work/out" 2>"$work/err" || fail "eval: $(cat "$work/err")"
holds "all(abs(t['acc'] - float(h[5][k])) < 1e-9 for t, k in zip(json.loads(out)['tasks'], (easy, hard, again)))"

front --json || fail "front --json"
holds "[d['id'] for d in json.loads(out)] == [int(r['id']) for r in f]"
holds "all(abs(d[k] - float(h[d['id']][k])) < 1e-9 for d in json.loads(out) for k in (easy, hard, again))"
front --csv && cmp -s "$work/out" "$work/run/front.csv" || fail "front --csv"
front --sort acc:very_hard_ --json || fail "front --sort"
holds "(lambda v: v == sorted(v, reverse=True))([d[hard] for d in json.loads(out)])"
front --json --pin "acc:easy>=1%" --best "acc:very_hard_<=99%" || fail "front --best: $(cat "$work/err")"
holds "json.loads(out)[0]['feasible']"
front && grep -q "acc:very_hard_" "$work/out" || fail "front as text"
front --pin "acc:easy>=1.0" && fail "nothing is that good"
grep -q "acc:easy>=1.0 0 of 18" "$work/err" || fail "the pin that leaves nothing: $(cat "$work/err")"
refused "there are acc:easy acc:very_hard_ acc:easy-2" "$paretop" front "$work/run" --pin "acc:piqa>=0.4"
refused "acc:very_hard_ acc:easy-2; also id, n, seconds" "$paretop" front "$work/run" --sort acc:nothing

refused "acc:easy>=45% or acc:easy>=0.45" "$paretop" front "$work/run" --pin "acc:easy>=45"
refused "acc>=45% or acc>=0.45" "$paretop" search "$tiny" --run "$work/run" --headless --pin "acc>=45"

# gone on with: columns are read, the pin is taken, the same questions elsewhere keep their names
cp "$work/run/history.csv" "$work/before.csv"
cp "$work/b/easy.csv" "$work/renamed.csv"
search --task "$work/easy.csv" --task "$work/very,hard .csv" --task "$work/renamed.csv" --evals 30 \
    --pin "acc:easy >= 30%" || fail "resume: $(cat "$work/err")"
holds "len(h) == 30 and all(r[k] for r in h for k in (easy, hard, again))"
head -n 19 "$work/run/history.csv" | cmp -s - "$work/before.csv" || fail "rows before"
grep -q "acc:easy>=30%" "$work/run/state.json" || fail "the pin is not in force"
refused "--objectives acc:easy-2,bytes, not acc:easy,bytes" "$paretop" search "$tiny" --run "$work/run" \
    --headless --objectives acc:easy,bytes
refused "acc:boolq" "$paretop" search "$tiny" --run "$work/run" --headless --pin "acc:boolq>=0.2"

# one history, interrupted or not
"$paretop" search "$tiny" --run "$work/whole" --headless --population 6 --seed 3 "${tasks[@]}" \
    --objectives acc:easy-2,bytes --evals 18 >/dev/null 2>"$work/err" </dev/null || fail "again: $(cat "$work/err")"
python3 - "$work" <<'PYTHON' || fail "two histories of one search"
import csv, sys
a, b = (list(csv.DictReader(open(f"{sys.argv[1]}/{n}"))) for n in ("before.csv", "whole/history.csv"))
times = lambda name: name in ("seconds", "finished") or name.endswith(("_ms", "_tps"))
same = [{k: v for k, v in row.items() if not times(k)} for row in a], [{k: v for k, v in row.items() if not times(k)} for row in b]
sys.exit(same[0] != same[1] or len(same[0]) != 18)
PYTHON

# a time alone limits no number; the pin of the command that started a run, removed since, is no new one
"$build/tools/tiny_model" "$work/deep.gguf" layers=14 hidden=64 intermediate=256 context=256 || exit 1
timed=(search "$work/deep.gguf" --run "$work/timed" --headless --task "$work/easy.csv" --time 3 --pin "bytes<=10MB")
"$paretop" "${timed[@]}" >"$work/out" 2>"$work/err" </dev/null || fail "--time: $(cat "$work/err")"
grep -q "the time is used up" "$work/err" || fail "no end by time: $(cat "$work/err")"
grep -q -- "--time T goes on" "$work/err" || fail "how to go on: $(cat "$work/err")"
rows=$(cat "$work/timed/history.csv" 2>/dev/null | wc -l)
mkdir -p "$work/timed/requests.d"
echo "unpin,bytes<=" >"$work/timed/requests.d/another.csv"
for again in 1 2; do
    "$paretop" "${timed[@]}" >"$work/out" 2>"$work/err" </dev/null || fail "--time again: $(cat "$work/err")"
done
[ "$(wc -l <"$work/timed/history.csv")" -gt "$rows" ] || fail "a resumed time evaluates nothing"
grep -q -- "--pin bytes<=10MB was changed or removed" "$work/err" || fail "said nothing of the pin: $(cat "$work/err")"
grep -q '"pins": \[\]' "$work/timed/state.json" || fail "a removed pin is back"

# with one task acc is it
refused "only with two or more tasks" "$paretop" search "$tiny" --run "$work/one" --headless \
    --task "$work/easy.csv" --objectives acc:easy,bytes
"$paretop" search "$tiny" --run "$work/one" --headless --task "$work/easy.csv" --evals 2 --population 2 \
    >/dev/null 2>"$work/err" </dev/null || fail "one task: $(cat "$work/err")"
head -n 1 "$work/one/history.csv" | grep -q acc: && fail "a column for the only task"
nine=()
for i in 1 2 3 4 5 6 7 8 9; do nine+=(--task "$work/easy.csv"); done
refused "9 tasks; at most 8" "$paretop" search "$tiny" --run "$work/nine" --headless "${nine[@]}"
"$paretop" search "$tiny" --run "$work/eight" --headless "${nine[@]:2}" --evals 2 --population 2 --limit 4 \
    >/dev/null 2>"$work/err" </dev/null || fail "eight tasks: $(cat "$work/err")"
head -n 1 "$work/eight/history.csv" | grep -q ",acc:easy,acc:easy-2,.*,acc:easy-8,stderr," || fail "eight columns"
[ $failed -eq 0 ] && echo "several tasks: all as expected"
exit $failed
