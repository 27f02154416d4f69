#!/usr/bin/env bash
# The demonstration as a newcomer sees it, on the default model, 100x30, 200 questions: first frame
# within a second, first point within a minute; after MINUTES (10) at least five front points more
# than two standard errors above chance, two of them smaller than the base and within one standard
# error of it. Then a size is pinned, a network extracted, its own accuracy compared with the one
# shown; left, started again: every row is there, none twice.
set -euo pipefail
paretop=$(realpath "${PARETOP:-./paretop}")
minutes=${MINUTES:-10}
[ -n "${MODEL:-}" ] && [ -r "$MODEL" ] || { echo "the default model is absent (make deps)"; exit 77; }
command -v tmux >/dev/null || { echo "tmux is absent"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/demo.XXXXXX")
socket=demo-$$
unset TMUX
tm() { tmux -L "$socket" -f /dev/null "$@"; }
finish() {
    tm kill-server 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap finish EXIT
cd "$work"
screen() { tm capture-pane -p; }
fail() {
    echo "FAILED: $*"
    screen | sed 's/^/    | /'
    exit 1
}
seen() { grep -qE -- "$1" <<<"$(screen)"; }
now() { date +%s.%N; }
since() { python3 -c 'import sys; print(f"{float(sys.argv[2]) - float(sys.argv[1]):.2f}")' "$1" "$(now)"; }
until_seen() { # PATTERN SECONDS
    local end=$((SECONDS + $2))
    until seen "$1"; do
        [ "$SECONDS" -lt "$end" ] || fail "\"$1\" did not come within $2 s"
        sleep 0.02
    done
}
rows() { if [ -f run/history.csv ]; then grep -c '^[0-9]' run/history.csv || true; else echo 0; fi; }

begin=$(now)
tm new-session -d -x 100 -y 30 "env LC_ALL=C.UTF-8 '$paretop' search '$MODEL' --run run; sleep 1000"
until_seen '/200 evals' 5
frame=$(since "$begin")
until [ "$(rows)" -ge 1 ]; do
    [ "${SECONDS}" -lt 120 ] || fail "no point within two minutes"
    sleep 0.1
done
point=$(since "$begin")
echo "first frame after $frame s, first point after $point s"
python3 -c 'import sys; sys.exit(not (float(sys.argv[1]) <= 1 and float(sys.argv[2]) <= 60))' "$frame" "$point" ||
    fail "too late"

sleep "$(python3 -c "import sys; print(max(0, 60 * $minutes - float(sys.argv[1])))" "$(since "$begin")")"
python3 - "$minutes" <<'PYTHON' || fail "the front is not what it should be"
import csv, sys
rows = [dict(r, acc=float(r["acc"]), bytes=int(r["bytes"]), stderr=float(r["stderr"])) for r in csv.DictReader(open("run/history.csv"))]
base = rows[0]
assert base["origin"] == "base"
front = [r for r in rows if not any(
    o["acc"] >= r["acc"] and o["bytes"] <= r["bytes"] and (o["acc"] > r["acc"] or o["bytes"] < r["bytes"]) for o in rows)]
above = [r for r in front if r["acc"] > 0.25 + 2 * r["stderr"]]
as_good = [r for r in above if r["bytes"] < base["bytes"] and r["acc"] >= base["acc"] - base["stderr"]]
print(f"after {sys.argv[1]} minutes: {len(rows)} evaluated; base {100 * base['acc']:.1f} +- {100 * base['stderr']:.1f} % at {base['bytes'] / 2**20:.1f} MiB; front of {len(front)}, "
      f"{len(above)} above chance, {len(as_good)} smaller and within one standard error of the base")
for r in sorted(front, key=lambda r: -r["acc"]):
    print(f"    {r['code']}  {100 * r['acc']:.1f} %  {r['bytes'] / 2**20:.1f} MiB")
sys.exit(not (len(above) >= 5 and len(as_good) >= 2))
PYTHON

tm send-keys p
until_seen '^pin:' 5
tm send-keys 'bytes<=85MiB' Enter
until_seen 'pins.*bytes<=85MiB.*within' 5
tm send-keys m e
until_seen 'bytes exactly' 5
id=$(screen | grep -oE 'selected #[0-9]+' | grep -oE '[0-9]+')
shown=$(screen | grep -oE '[0-9]+ bytes exactly' | grep -oE '[0-9]+')
tm send-keys C-u 'sub.gguf' Enter
until_seen 'loaded again' 120
[ "$(stat -c %s sub.gguf)" -eq "$shown" ] || fail "size: $shown shown, $(stat -c %s sub.gguf) written"
tm send-keys Escape
sleep 0.5
tm send-keys q
until_seen 'leave\?' 5
tm send-keys y
until_seen 'goes on' 60
before=$(rows)
cp run/history.csv before.csv
"$paretop" eval sub.gguf --task search --limit 200 --json >eval.json
python3 - "$id" <<'PYTHON' || fail "the file's accuracy is not the one shown"
import csv, json, sys
row = next(r for r in csv.DictReader(open("run/history.csv")) if r["id"] == sys.argv[1])
task = json.load(open("eval.json"))["tasks"][0]
print(f"#{row['id']} {row['code']}: shown acc {row['acc']}, choice_nll {row['choice_nll']}; its file {task['acc']}, {task['choice_nll']}")
sys.exit(not (abs(task["acc"] - float(row["acc"])) <= 0.0051 and abs(task["choice_nll"] - float(row["choice_nll"])) <= 1e-3))
PYTHON

tm kill-server
socket=demo-$$-again
tm new-session -d -x 100 -y 30 "env LC_ALL=C.UTF-8 '$paretop' run; sleep 1000"
until_seen '/200 evals' 5
until [ "$(rows)" -gt "$before" ]; do
    [ "$SECONDS" -lt $((60 * minutes + 400)) ] || fail "it does not go on"
    sleep 0.2
done
tm send-keys q y
until_seen 'goes on|finished' 60
cmp -n "$(stat -c %s before.csv)" before.csv run/history.csv || fail "rows changed"
[ -z "$(cut -d, -f2 run/history.csv | sort | uniq -d)" ] || fail "a code was evaluated twice"
echo "left with $before rows, started again: $(rows), none twice"
