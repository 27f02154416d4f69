#!/usr/bin/env bash
# The front of a search, and of one that is watched: find, a pin nudged by keys alone, undo and redo,
# another front laid over it, and what is new when the screen is opened again.
. "$(dirname "$0")/../support/screen"
export PATH=$(dirname "$paretop"):$PATH
pinned() { # how many of each verb on bytes this run was asked, whoever asked
    cat "$1"/requests.d/*-*.csv 2>/dev/null | grep -c -- "$2" || true
}

shell LC_ALL=C.UTF-8
tm resize-window -x 100 -y 30
keys "$paretop tiny.gguf --run a.run --method nsga2 --limit 24 --seed 3 --population 10 --evals 60" Enter
until_seen '60/60 evals'
until_seen 'finished'

# find: marked in a list that stays whole; the next one, round the end
keys t
until_seen 'all [0-9]+ networks'
answer f find '8?.'
until_seen '[0-9]+ of [0-9]+ with 8\?\.'
until_seen '│= '
place=$(screen | grep -oE '^[0-9]+ of [0-9]+ with')
keys n
until_gone "^$place"
keys N
until_seen "^$place"
answer f find '#3'
until_seen 'selected #3,'
keys Escape
until_gone '│= '

# a pin, nudged over the plot; dropped, put in force, undone, done again
size=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "bytes") column = i } NR == 2 { printf "%d", $column * 0.6 / 1024 }' a.run/history.csv)
answer p pin "size<=${size}KiB"
until_seen "pins.* size<=${size}KiB .* within"
keys F7
until_seen 'pins.* size<=[0-9.]+KiB\? .*would be within'
keys Escape
until_seen "pins.* size<=${size}KiB .* within"
[ "$(pinned a.run '^pin,')" -eq 1 ] || fail "a nudge was asked for before Enter"
keys F8 F8 Enter
until_seen 'pinned size<='
until_seen "pins.* size<=[0-9.]+KiB .* [0-9]+ of [0-9]+ within"
keys u
until_seen 'undone: pin size<='
until_seen "pins.* size<=${size}KiB .* within"
keys u
until_seen 'undone: pin size<='
until_seen 'no pins'
keys C-r
until_seen 'done again: pin size<='
until_seen "pins.* size<=${size}KiB .* within"

# a screen that only watches takes back what it asked for, and no more
keys q
until_seen 'shell>'
keys "$paretop watch a.run" Enter
until_seen 'paretop watch'
keys u
until_seen 'nothing to undo'
keys q
until_seen 'shell>'

# a watcher of a search in work
"$paretop" search tiny.gguf --run b.run --method nsga2 --limit 24 --seed 4 --population 10 \
    --evals 20000 --headless >b.out 2>b.err &
run=$!
trap 'kill "$run" 2>/dev/null && { wait "$run" || true; }; finish' EXIT
until_rows b.run 12
clear_and() { keys "clear; $1" Enter; }
clear_and "$paretop watch b.run"
until_seen 'paretop watch .*/20000 evals'
answer l lock '0-1=8'
until_seen 'lock 0-1=8: taken'
until_seen 'pins.* lock 0-1=8'
keys u
until_seen 'unlock 0-1: taken'
until_gone 'pins.* lock 0-1=8'

# another front is laid over it as soon as its file is there
mkdir -p b.run/overlays
cp a.run/history.csv b.run/overlays/other.csv
until_seen 'front t other'
keys o
until_seen 'listed, too'
until_seen '[+] [0-9]+ others'
keys q
until_seen 'leave\?'
keys y
until_seen 'shell>'

# what came meanwhile is new
seen=$(rows b.run)
until_rows b.run $((seen + 6))
clear_and "$paretop watch b.run"
until_seen '(new on the front|evaluated) since [0-9]{2}:[0-9]{2}'
keys q y
until_seen 'shell>'
echo "find, undo, nudge, another front, what is new: as they should be"
