#!/usr/bin/env bash
# paretop report: a tiny model's run judged on questions that its search has not seen.
. tests/support/e2e
tiny=$work/tiny.gguf run=$work/run
"$build/tools/tiny_model" "$tiny" layers=6 hidden=64 intermediate=256 context=256 || exit 1
search=("$paretop" search "$tiny" --headless --limit 40 --population 6 --seed 5)
"${search[@]}" --run "$run" --evals 18 >"$work/out" 2>"$work/err" </dev/null || fail "no run"
grep -q "paretop report $run judges it" "$work/err" || fail "the end does not tell of the report"
[ ! -e "$run/heldout.csv" ] || fail "a search of 40 questions was judged unasked"

# holds EXPRESSION: of r (the report's JSON), h (rows of heldout.csv by code), s (of history.csv)
holds() {
    python3 - "$work" "$1" <<'PYTHON' || fail "$1"
import csv, json, math, sys
work = sys.argv[1]
r = json.load(open(f"{work}/out"))
n = r["networks"]
h = {row["code"]: row for row in csv.DictReader(open(f"{work}/run/heldout.csv", newline=""))}
s = {int(row["id"]): row for row in csv.DictReader(open(f"{work}/run/history.csv", newline=""))}
front = [int(row["id"]) for row in csv.DictReader(open(f"{work}/run/front.csv", newline=""))]
base = next((x for x in n if x["base"]), None)
sys.exit(not eval(sys.argv[2]))
PYTHON
}
report() {
    "$paretop" report "$run" "$@" >"$work/out" 2>"$work/err" </dev/null || fail "exit $?: report $*: $(cat "$work/err")"
}

# the same figures as eval's, on the same weights
report --json --limit 30
grep -q "to judge on 30 questions held out" "$work/err" || fail "no word of what is to be done"
holds 'r["heldout"]["name"] == "heldout" and r["heldout"]["n"] == 30 and len(h) == len(n)'
holds 'sorted(x["id"] for x in n if x["front"]) == sorted(front)'
holds 'all(abs(float(h[x["code"]]["acc"]) - x["heldout"]) < 1e-9 and h[x["code"]]["n"] == "30" for x in n)'
holds 'all(abs(float(s[x["id"]]["acc"]) - x["acc"]) < 1e-9 for x in n)'
holds 'all(abs(x["heldout_stderr"] - math.sqrt(x["heldout"] * (1 - x["heldout"]) / 29)) < 1e-9 for x in n)'
holds 'all(x["near_base"] == (x["heldout"] >= base["heldout"] - base["heldout_stderr"]) for x in n)'
holds 'abs(r["luck"]["base"] - base["difference"]) < 1e-9'
holds '[z["part"] for z in r["sizes"]] == [.9, .8, .7, .8, .7, .6]'
holds 'all(p[z["what"]] <= z["most"] for z in r["sizes"] for p in z["picks"])'
code=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["networks"][0]["code"])' "$work/out")
"$paretop" eval "$tiny" --arch "$code" --run "$run" --task heldout --limit 30 --json >"$work/eval" 2>/dev/null
python3 - "$work" "$code" <<'PYTHON' || fail "report and eval disagree"
import json, sys
work, code = sys.argv[1:]
there = next(x for x in json.load(open(f"{work}/out"))["networks"] if x["code"] == code)
task = json.load(open(f"{work}/eval"))["tasks"][0]
assert task["acc"] == there["heldout"], (task, there)
assert abs(task["choice_nll"] - there["heldout_choice_nll"]) < 1e-6 * task["choice_nll"], (task, there)
PYTHON

# nothing twice; without the model even
cp "$work/out" "$work/first"
cp "$run/heldout.csv" "$work/before"
mv "$tiny" "$tiny.away"
report --json --limit 30
mv "$tiny.away" "$tiny"
cmp -s "$work/out" "$work/first" || fail "the second report differs"
cmp -s "$run/heldout.csv" "$work/before" || fail "the second report evaluated again"
[ ! -s "$work/err" ] || fail "the second report says: $(cat "$work/err")"
report --limit 30
grep -q "Held-out accuracy of what each would choose" "$work/out" || fail "no side by side"
report --limit 30 --csv
[ "$(wc -l <"$work/out")" -eq "$(($(wc -l <"$work/before")))" ] || fail "CSV without a row a network"

"$paretop" front "$run" --json >"$work/front" || fail "front --json"
python3 - "$work" <<'PYTHON' || fail "the front does not tell what was held out"
import json, sys
work = sys.argv[1]
judged = {x["code"]: x for x in json.load(open(f"{work}/first"))["networks"]}
for row in json.load(open(f"{work}/front")):
    there = judged[row["code"]]
    assert (row["heldout"], row["heldout_stderr"], row["heldout_n"]) == (there["heldout"], there["heldout_stderr"], 30)
PYTHON
"$paretop" front "$run" | grep -q "held out  stderr" || fail "no column of what was held out"

# a torn last line is cut, a damaged one left out: both networks are judged again
printf '8888' >>"$run/heldout.csv"
sed -i '2s/importance/chance/' "$run/heldout.csv"
report --json --limit 30
grep -q "1 lines are no rows" "$work/err" || fail "the damaged line is not told: $(cat "$work/err")"
grep -q ": 1 networks to judge" "$work/err" || fail "not one network anew: $(cat "$work/err")"
cmp -s "$work/out" "$work/first" || fail "another report after the damage"

# baselines are judged as well, those of other neurons by themselves
"$paretop" baselines "$tiny" --run "$run" >"$work/baselines" 2>"$work/err" </dev/null || fail "no baselines"
report --json --limit 30
python3 - "$work" <<'PYTHON' || fail "baselines are not judged"
import csv, json, sys
work = sys.argv[1]
r = json.load(open(f"{work}/out"))
rows = list(csv.DictReader(open(f"{work}/run/baselines.csv", newline="")))
judged = [x for x in r["networks"] if x["class"] != "search"]
assert len(judged) == len(rows) > 4 and all(x["heldout"] is not None for x in judged)
assert {x["class"] for x in judged} == {x["origin"] for x in rows}
assert any(x["order"] == "magnitude" for x in judged)
assert {p["class"] for z in r["sizes"] for p in z["picks"]} >= {x["origin"] for x in rows}
PYTHON

# killed, it goes on where it was
rm "$run/heldout.csv"
began=$(date +%s%N)
report --json --threads 1 --limit 70
took=$((($(date +%s%N) - began) / 1000000)) # milliseconds of a whole report
cp "$work/out" "$work/whole"
rm "$run/heldout.csv"
for attempt in $(seq 60); do
    (exec "$paretop" report "$run" --json --threads 1 --limit 70 >"$work/killed" 2>/dev/null </dev/null) &
    process=$!
    wait=$((RANDOM * took / 3 / 32768)) # what is done stays, so the end comes
    sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
    kill -9 "$process" 2>/dev/null
    wait "$process" 2>/dev/null && break
    [ ! -s "$run/heldout.csv" ] || cp "$run/heldout.csv" "$work/kept"
done
[ "$attempt" -gt 1 ] || fail "never killed"
[ "$attempt" -lt 60 ] || fail "never done"
if [ -s "$work/kept" ]; then
    kept=$(grep -c '20..-..-..T..:..:..Z$' "$work/kept")
    [ "$(head -n "$kept" "$run/heldout.csv" | sha256sum)" = "$(head -n "$kept" "$work/kept" | sha256sum)" ] ||
        fail "rows were lost"
fi
cmp -s "$work/whole" "$work/killed" || fail "another report than the one that nobody killed"
python3 - "$run/heldout.csv" <<'PYTHON' || fail "a network was judged twice"
import csv, sys
rows = [(r["code"], r["order"], r["n"]) for r in csv.DictReader(open(sys.argv[1], newline=""))]
assert len(rows) == len(set(rows)) and all(n == "70" for _, _, n in rows)
PYTHON

# what cannot be
refused "the very questions" "$paretop" report "$run" --heldout search
refused "--heldout: " "$paretop" report "$run" --heldout "$work/absent.csv"
refused "is not a run directory" "$paretop" report "$work"
refused "the very questions" "${search[@]}" --run "$work/same" --evals 6 --heldout search
[ ! -e "$work/same" ] || fail "the refused search left a directory"
python3 - "$work" <<'PYTHON'
import csv, random, sys
random.seed(1)
for name in ("own", "other"):
    with open(f"{sys.argv[1]}/{name}.csv", "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["question", "a", "b", "c", "answer"])
        for i in range(24):
            words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4)]
            out.writerow([f"What comes after {words[3]} in row {i}?", *words[:3], random.choice("abc")])
PYTHON
"${search[@]}" --run "$work/own.run" --task "$work/own.csv" --evals 6 >"$work/out" 2>"$work/err" </dev/null ||
    fail "no run of a task of its own"
refused "have none held out that are known here" "$paretop" report "$work/own.run"
"$paretop" report "$work/own.run" --heldout "$work/other.csv" >"$work/out" 2>"$work/err" </dev/null ||
    fail "not judged on other questions: $(cat "$work/err")"
grep -q "judged on other, 24 questions" "$work/out" || fail "other questions: $(cat "$work/out")"

# two at once: the second is refused, and says why
python3 - "$run" "$paretop" "$work" <<'PYTHON' || fail "two at once"
import fcntl, os, struct, subprocess, sys
run, paretop, work = sys.argv[1:]
with open(f"{run}/heldout.csv", "r+") as file:
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    fcntl.fcntl(file, 37, lock) # F_OFD_SETLK
    blocked = subprocess.run([paretop, "report", run, "--limit", "11"], capture_output=True, text=True)
    reading = subprocess.run([paretop, "report", run, "--limit", "70"], capture_output=True, text=True)
assert blocked.returncode == 2 and "another process is adding to" in blocked.stderr, blocked
assert reading.returncode == 0 and reading.stderr == "", reading
PYTHON

# at the end of a search that comes to its own end: asked for by --heldout, or of the usual size
"${search[@]}" --run "$work/asked" --evals 6 --json --heldout "$work/other.csv" >"$work/out" 2>"$work/err" </dev/null ||
    fail "a search with --heldout: $(cat "$work/err")"
python3 - "$work/out" <<'PYTHON' || fail "no report behind the generations"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert all("generation" in line for line in lines[:-1]) and len(lines) > 1
assert lines[-1]["heldout"]["n"] == 24 and lines[-1]["networks"]
PYTHON
"$paretop" search "$tiny" --run "$work/usual" --headless --evals 4 --population 4 >"$work/out" 2>"$work/err" </dev/null ||
    fail "a search of the usual questions: $(cat "$work/err")"
grep -q "judged on heldout, 210 questions" "$work/out" || fail "no report at the end"
"$paretop" search "$tiny" --run "$work/none" --headless --evals 4 --population 4 --heldout none >"$work/out" 2>"$work/err" </dev/null
grep -q "judged on" "$work/out" && fail "a report in spite of --heldout none"
exit $failed
