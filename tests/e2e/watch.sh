#!/usr/bin/env bash
# A search by one process, watched and steered by others: points appear, pins and injections take
# effect, pause, go on and stop; a watcher killed at any instant harms nothing; a search that is
# killed is told, and shown again when it is resumed.
. "$(dirname "$0")/../support/screen"
export PATH=$(dirname "$paretop"):$PATH
options=(--method nsga2 --limit 8 --seed 3 --population 10 --threads 1 --headless)
started=()
stop_all() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    finish
}
trap stop_all EXIT
search() { # DIR OPTIONS...: in the background
    local run=$1
    shift
    "$paretop" search tiny.gguf --run "$run" "${options[@]}" "$@" >"$run.out" 2>"$run.err" &
    started+=($!)
}
# The request was answered without a refusal; prints the id
answered() { # RUN WORDS
    local end=$((SECONDS + 180)) file line id
    while [ "$SECONDS" -lt "$end" ]; do
        for file in "$1"/requests.d/*-*.csv; do
            line=$(grep -nF -- "$2" "$file" 2>/dev/null | head -1 | cut -d: -f1) || true
            [ -n "$line" ] || continue
            id=$(sed -n "s/^$(basename "$file"),$line,\([0-9]*\),$/\1/p" "$1/requests.d/answers.csv" 2>/dev/null)
            [ -z "$id" ] || { echo "$id" && return; }
        done
        sleep 0.05
    done
    fail "no answer to $2"
}
ends() { # PROCESS STATUS WHAT
    local status=0
    wait "$1" || status=$?
    [ "$status" -eq "$2" ] || fail "$3: exit $status, $2 expected"
}

# before there is anything to watch
"$paretop" watch nowhere.run 2>err && status=0 || status=$?
[ "$status" -eq 2 ] && grep -q 'no run.json' err || fail "watching nothing: $(cat err)"

# started with the search, before run.json is there: waits for it; headless, it tells the same
# generations as the search does
search a.run --evals 40
run=$!
"$paretop" watch a.run --headless >watch.out 2>watch.err || true
until [ -f a.run/run.json ] || [ -d a.run ]; do sleep 0.02; done
"$paretop" watch a.run --headless >watch.out 2>watch.err && status=0 || status=$?
[ "$status" -eq 0 ] || fail "the watcher of a search that ended: exit $status, $(cat watch.err)"
ends "$run" 0 "the search: $(cat a.run.err)"
if ! diff <(sed 's/  [0-9]*:.*//' a.run.out) <(sed 's/  [0-9]*:.*//' watch.out); then fail "other generations"; fi
"$paretop" watch a.run --json >json.out 2>/dev/null
[ "$(python3 -c 'import json, sys; print([json.loads(l)["evaluations"] for l in sys.stdin][-1])' <json.out)" -eq 40 ] || fail "$(cat json.out)"

# on the screen: points appear; a pin steers
search b.run --evals 20000
run=$!
shell LC_ALL=C.UTF-8
tm resize-window -x 80 -y 24
until [ -d b.run ]; do sleep 0.02; done
keys "$paretop watch b.run" Enter
until_seen 'paretop watch .*[0-9]{2,}/20000 evals'
until_seen 'accuracy est. % / size'
bytes=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "bytes") column = i } NR == 2 { printf "%d", $column * 0.5 }' b.run/history.csv)
answer p pin "bytes<=$bytes"
until_seen "pin bytes<=$bytes: taken, from evaluation [0-9]+ on"
until_seen "pins.*bytes<=.* [0-9]+ of [0-9]+ within"
id=$(answered b.run "pin,bytes<=$bytes")
until_rows b.run $((id + 80))
share() { # FROM TO: how many of a hundred rows are within
    awk -F, -v from="$1" -v to="$2" -v most="$bytes" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "bytes") column = i }
        NR > 1 && $1 >= from && $1 < to { all++; within += $column <= most } END { printf "%d", 100 * within / all }' b.run/history.csv
}
[ "$(share "$id" $((id + 80)))" -ge 80 ] || fail "only $(share "$id" $((id + 80))) % within after the pin"
[ "$(share 0 "$id")" -lt 60 ] || fail "the pin did not have to do anything"

# what is wrong is refused here; what is injected is the next evaluation; locks
refused_pin
answer a add "8888h888.88811"
until_seen 'inject 8888h888.88811: taken, from evaluation [0-9]+ on'
id=$(answered b.run "inject,8888h888.88811")
until_rows b.run $((id + 1))
grep -q "^$id,8888h888.88811,inject," b.run/history.csv || fail "evaluation $id is not the injected code"
answer l lock "0-1=8"
until_seen 'lock 0-1=8: taken'
until_seen 'pins.*lock 0-1=8'
id=$(answered b.run "lock,0-1=8")
until_rows b.run $((id + 30))
awk -F, -v from="$id" 'NR > 1 && $1 >= from && substr($2, 1, 2) != "88" { exit 1 }' b.run/history.csv || fail "the lock does not hold"

# a second watcher, without the model: asks as well; what one asks both see
tm new-window "env LC_ALL=C.UTF-8 PS1='shell> ' bash --norc --noprofile"
until_seen 'shell>'
mv tiny.gguf hidden.gguf
keys "$paretop watch b.run" Enter
until_seen 'paretop watch .*/20000 evals'
until_seen 'lock 0-1=8'
keys e
until_seen 'extraction needs the model'
mv hidden.gguf tiny.gguf
answer l lock "13=8"
until_seen 'lock 13=8: taken'
tm select-window -t 0
until_seen 'lock 0-1=8 .*lock 13=8'

# with the model, a watcher extracts
keys b
keys e
until_seen 'bytes exactly'
shown=$(screen | grep -oE '[0-9]+ bytes exactly' | grep -oE '[0-9]+')
keys C-u
keys "sub.gguf" Enter
until_seen 'loaded again'
[ "$(wc -c <sub.gguf)" -eq "$shown" ] || fail "the file has $(wc -c <sub.gguf) bytes, $shown were shown"
keys Escape
until_gone 'loaded again'

# pause and go on
keys z
until_seen 'paused gen'
before=$(rows b.run)
sleep 1
[ "$(rows b.run)" -eq "$before" ] || fail "it is paused, and evaluates"
keys z
until_gone 'paused gen'
until_rows b.run $((before + 5))

# a search that is killed is told, and shown again when it is resumed
kill -9 "$run"
until_seen 'nobody writes this run any more; paretop b.run goes on with it'
until_seen 'abandoned gen'
answer l lock "3=8"
until_seen 'nobody writes this run now'
keys Escape
before=$(rows b.run)
search b.run --evals 20000
run=$!
until_seen '▶ gen [0-9]+ .*/20000 evals'
until_seen 'lock 0-1=8 .*lock 13=8'
until_rows b.run $((before + 5))

# who starts a second search is told who holds the run, and how to see it
"$paretop" b.run --headless >/dev/null 2>err && status=0 || status=$?
[ "$status" -eq 2 ] && grep -qE "process $run on .* since 20.*paretop watch b.run" err || fail "a second search: exit $status, $(cat err)"

# q leaves the watcher alone, and says so; s stops the search
tm select-window -t 1
keys q
until_seen 's stop the search'
keys y
until_seen 'stopped watching; the run goes on'
kill -0 "$run" || fail "the search ended with its watcher"
tm select-window -t 0
keys q
until_seen 's stop the search'
keys s
until_seen 'stopped gen'
ends "$run" 130 "the search was not stopped"
keys q
until_seen 'shell>$'

# watchers killed at any instant, half-written requests, garbage: the history is that of a search
# which nobody watched
search c.run --evals 70
undisturbed=$!
search d.run --evals 70
run=$!
until [ -f d.run/run.json ]; do sleep 0.05; done
mkdir -p d.run/requests.d
printf 'pin,bytes<' >d.run/requests.d/elsewhere-1.csv
head -c 100000 /dev/urandom | tr -d '\n' >d.run/requests.d/elsewhere-2.csv
printf 'nonsense\npin,speed<=3\n\001\377\n' >d.run/requests.d/elsewhere-3.csv
{ head -c 1000000 /dev/zero | tr '\0' x && echo; } >d.run/requests.d/elsewhere-4.csv
while kill -0 "$run" 2>/dev/null; do
    "$paretop" watch d.run --headless >/dev/null 2>&1 &
    watcher=$!
    sleep "0.$((RANDOM % 10))"
    kill -9 "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
done
ends "$run" 0 "the watched search: $(cat d.run.err)"
ends "$undisturbed" 0 "the other search: $(cat c.run.err)"
cut -d, -f1-4 c.run/history.csv >c
cut -d, -f1-4 d.run/history.csv >d
diff c d || fail "watchers changed the history"
[ "$(rows d.run)" -eq 70 ] || fail "$(rows d.run) rows"

# damage in the history: told once, left out, and the watcher shows what is good
{ sed -n 1,40p c.run/history.csv && printf 'gar\001\377bage\n' && sed '1,41d' c.run/history.csv; } >damaged
cp damaged c.run/history.csv
"$paretop" watch c.run --headless >watch.out 2>watch.err || true
grep -q 'history.csv, line 41: ' watch.err || fail "$(cat watch.err)"
"$paretop" watch c.run --dump 80x24 | grep -q '69/70 evals' || fail "$("$paretop" watch c.run --dump 80x24)"
cmp damaged c.run/history.csv || fail "a watcher changed the history"
for evals in 70 75; do
    "$paretop" search tiny.gguf --run c.run "${options[@]}" --evals "$evals" >/dev/null 2>&1 || fail "the damaged run does not go on"
done
[ "$(rows c.run)" -eq 75 ] || fail "$(rows c.run) rows"
[ "$(grep -c 'history.csv, line 41' c.run/log.txt)" -eq 1 ] || fail "$(cat c.run/log.txt)"
cmp damaged c.run/history.csv.damaged || fail "the damaged history was not kept"
echo "watch: points, pins, locks, injections, pause, stop; killed watchers, a killed search, damage: as they should be"
