#!/usr/bin/env bash
# The views as a person goes through them, in tmux: all by Tab and by digit, at many sizes; a network
# edited and evaluated, two compared, a prompt tried, the log; without UTF-8; behind a slow line.
# Waits for what must appear, never for a time.
slow_line=$(realpath "$(dirname "$0")/../tools/slow_line")
. "$(dirname "$0")/../support/screen"

# of each view what no other one has
declare -A sign=([1]='^─ accuracy est' [2]='^ code ' [6]='─ log' [7]='─ try' [3]='layers in the front' [4]='─ (searching|generations|hypervolume)' [5]='within the noise')
each_view() { # KEYS...: goes there by each key in turn, 1 to 7 expected
    local view=0
    for key in "$@"; do
        view=$((view % 7 + 1))
        keys "$key"
        until_seen "${sign[$view]}"
    done
}

shell LC_ALL=C.UTF-8
keys "$paretop search tiny.gguf --run tiny.run --evals 20000 --limit 60 --seed 3" Enter
until_seen '/20000 evals'
until_rows tiny.run 8
each_view 1 2 3 4 5 6 7
each_view Tab Tab Tab Tab Tab Tab Tab
keys BTab
until_seen "${sign[6]}"

# the log: what the run said, filtered
until_seen '[0-9]:[0-9]{2}:[0-9]{2}   about .* each'
answer / with "about"
until_seen 'log: 1 of [0-9]+ messages'
keys Escape
until_seen 'log: [0-9]+ messages'

# a network edited layer by layer is evaluated and becomes a row
keys 2
until_seen "${sign[2]}"
keys b Right Right Down Down
until_seen 'draft'
keys Enter
for attempt in $(seq 400); do
    if grep -q ',inject,' tiny.run/history.csv; then break; fi
    sleep 0.05
done
grep -q '^[0-9]*,8868*,inject,' tiny.run/history.csv || fail "the edited network was not evaluated"

# two marked networks side by side
keys 1 b
until_seen 'all [0-9]+ networks'
keys g Space j Space 5
until_seen "${sign[5]}"

# a prompt continued by a network and by the base; again by another one; cancelled
keys 7
until_seen 'type a prompt'
answer i prompt "Once upon a time"
end='[0-9]+ tokens, (as asked|then its end|all that fit)'
until_seen "$end.*$end"
keys ']'
until_seen 'again with #[0-9]+'
keys Enter
until_gone 'again with'
until_seen "$end.*$end"
keys + + + Enter
until_seen "Esc cancels|$end.*$end" # a fast machine is through before one looks
keys Escape 7 # one that has ended meanwhile leaves the view
until_seen "cancelled|$end.*$end"

# the help begins with the view from which it was opened
keys '?'
until_seen '│ 7 try'
keys Escape

# at any size every view says which it is
for size in "40 12" "20 6" "200 60" "1 1" "80 24"; do
    tm resize-window -x "${size% *}" -y "${size#* }"
    for key in 1 2 3 4 5 6 7; do keys "$key"; done
done
until_seen "${sign[7]}"
tm resize-window -x 40 -y 12
until_seen '─ try'
keys 6
until_seen '─ log'
keys q y
until_seen 'shell>$'

# who watches without the model is told why nothing can be tried
mv tiny.gguf away.gguf
shown=$("$paretop" watch tiny.run --dump 80x24 --script 7) || fail "watch --dump"
grep -q 'trying a prompt needs the model' <<<"$shown" || fail "a watcher without the model: $shown"
mv away.gguf tiny.gguf

# plain characters alone without UTF-8
shell LC_ALL=C
keys "$paretop tiny.run" Enter
until_seen '/20000 evals'
for key in 1 2 3 4 5 6 7 '?'; do
    keys "$key"
    [ "$key" = '?' ] || until_seen "$(sed 's/─/-/' <<<"${sign[$key]}")"
    if LC_ALL=C grep -q '[^ -~]' <<<"$(screen)"; then fail "characters beyond ASCII in view $key"; fi
done
keys Escape q y
until_seen 'shell>$'

# 960 bytes a second: keys are answered; neither the search nor the end waits for the line
shell LC_ALL=C.UTF-8
tm resize-window -x 80 -y 24
keys "clear; python3 $slow_line 960 env PS1='slow> ' bash --norc --noprofile" Enter
until_seen '^slow>'
line=$(pgrep -P "$(tm display -p '#{pane_pid}')" python3)
keys "$paretop tiny.run" Enter
until_seen '^. help .*Tab view'
keys 6
until_seen "${sign[6]}"
keys '?'
until_seen 'What the run has said'
keys Escape
for repaint in $(seq 60); do keys C-l; done
kill -USR2 "$line" # it carries nothing any more: what is written fills its buffers, and waits
before=$(rows tiny.run)
until_rows tiny.run $((before + 5))
process=$(grep -oE '^[0-9]+' tiny.run/lock)
kill -TERM "$process"
for attempt in $(seq 300); do
    if ! kill -0 "$process" 2>/dev/null; then break; fi
    sleep 0.05
done
! kill -0 "$process" 2>/dev/null || fail "the program waits for a line that carries nothing"
kill -USR1 "$line"
until_seen '^slow>$'
keys "clear; stty -a | grep -oE -- '-?\<(echo|icanon)\>' | paste -sd+" Enter
until_seen '^icanon\+echo$|^echo\+icanon$'
keys exit Enter
echo "every view, edit, compare, try, log, sizes, C, a slow line: as they should be"
