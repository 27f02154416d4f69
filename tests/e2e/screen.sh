#!/usr/bin/env bash
# The program as a person drives it, in tmux: start, look, pin, inject, extract, resize, suspend,
# leave, come back; without UTF-8, on a dumb terminal, crashed, hung up. Waits for what must appear,
# never for a time.
. "$(dirname "$0")/../support/screen"

shell LC_ALL=C.UTF-8
keys "$paretop search tiny.gguf --run tiny.run --evals 20000 --limit 60 --seed 3" Enter
until_seen '/20000 evals'
until_seen '[0-9]{2,}/20000 evals'
until_seen 'accuracy est. % / size'
until_seen 'attn +■'

# a pin steers; how many are within is told
bytes=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "bytes") column = i } NR == 2 { printf "%d", $column * 0.8 }' tiny.run/history.csv)
answer p pin "bytes<=$bytes"
until_seen "pins.*bytes<=.* [0-9]+ of [0-9]+ within"
refused_pin

# an architecture typed by hand is evaluated next
answer a add "8888h888.88811"
for attempt in $(seq 200); do
    if grep -q '8888h888.88811,inject' tiny.run/history.csv; then break; fi
    sleep 0.05
done
grep -q '8888h888.88811,inject' tiny.run/history.csv || fail "the injected code was not evaluated"
answer l lock "0-1=8"
until_seen 'lock 0-1=8'

# extraction: size before, verification after
keys b
keys e
until_seen 'bytes exactly'
shown=$(screen | grep -oE '[0-9]+ bytes exactly' | grep -oE '[0-9]+')
keys C-u
keys "sub.gguf" Enter
until_seen 'loaded again'
[ "$(wc -c <sub.gguf)" -eq "$shown" ] || fail "the file has $(wc -c <sub.gguf) bytes, $shown were shown"
until_seen 'llama-cli'
keys Escape
until_gone 'loaded again'

# help is made from the key table and can be searched; sizes from tiny to large; suspended and back
keys '?'
until_seen 'Each sign in the plot is a network'
keys "a limit"
until_seen 'p, : +pin a limit'
keys Escape
for size in "20 6" "80 24" "1 1" "40 12" "200 60" "100 30"; do
    tm resize-window -x "${size% *}" -y "${size#* }"
done
until_seen '/20000 evals'
keys C-z
until_seen 'Stopped'
keys "fg" Enter
until_gone 'Stopped'
until_seen '/20000 evals'

# leaving says how to go on; the same command goes on, nothing twice
keys q
until_seen 'leave'
keys y
until_seen 'shell>$'
until_seen 'tiny.run'
before=$(rows tiny.run)
keys "clear; $paretop tiny.run" Enter
until_seen '/20000 evals'
until_seen 'bytes<='
for attempt in $(seq 200); do
    if [ "$(rows tiny.run)" -gt "$before" ]; then break; fi
    sleep 0.05
done
[ "$(rows tiny.run)" -gt "$before" ] || fail "the search does not go on"
[ -z "$(cut -d, -f2 tiny.run/history.csv | sort | uniq -d)" ] || fail "a code was evaluated twice"

# a second one is told who holds the run
"$paretop" search tiny.gguf --run tiny.run --headless >second 2>&1 && status=0 || status=$?
[ "$status" -eq 2 ] && grep -q 'process [0-9]' second || fail "a second search: $(cat second)"

# without its terminal it goes on headless, and can be shown again once it has been stopped
goes_on_headless() { # PROCESS
    local before
    before=$(rows tiny.run)
    for attempt in $(seq 200); do
        if [ "$(rows tiny.run)" -gt "$before" ]; then break; fi
        sleep 0.05
    done
    [ "$(rows tiny.run)" -gt "$before" ] || fail "without its terminal the search does not go on"
    kill -TERM "$1"
    for attempt in $(seq 200); do
        if ! kill -0 "$1" 2>/dev/null; then return; fi
        sleep 0.05
    done
    fail "process $1 does not end"
}
process=$(grep -oE '^[0-9]+' tiny.run/lock)
kill -HUP "$process"
until_gone '[0-9] evals'
goes_on_headless "$process"
until_seen 'shell>$'
keys "clear; $paretop tiny.run" Enter
until_seen '/20000 evals'
process=$(grep -oE '^[0-9]+' tiny.run/lock)
tm kill-server
goes_on_headless "$process"
shell LC_ALL=C.UTF-8

# a crash leaves a terminal that can be used
keys "clear; $paretop tiny.run" Enter
until_seen '/20000 evals'
kill -SEGV "$(grep -oE '^[0-9]+' tiny.run/lock)"
until_seen 'paretop has crashed'
keys "stty -a | grep -oE -- '-?\<(echo|icanon)\>' | paste -sd+" Enter
until_seen '^icanon\+echo$|^echo\+icanon$'

# plain characters without UTF-8; no colours when they are not wanted; no screen on a dumb terminal
shell LC_ALL=C
keys "$paretop tiny.run" Enter
until_seen '/20000 evals'
if LC_ALL=C grep -q '[^ -~]' <<<"$(screen)"; then fail "characters beyond ASCII under LC_ALL=C"; fi
keys q y
until_seen 'shell>$'
shell LC_ALL=C.UTF-8 NO_COLOR=1
keys "$paretop tiny.run" Enter
until_seen '/20000 evals'
if grep -qE $'\033\\[[0-9;]*(3[0-7]|38|4[0-7]|48)[;m]' <<<"$(tm capture-pane -pe)"; then fail "colours in spite of NO_COLOR"; fi
keys q y
until_seen 'shell>$'
shell LC_ALL=C.UTF-8 TERM=dumb
keys "$paretop search tiny.gguf --run dumb.run --evals 20 --population 10 --limit 10; echo status \$?" Enter
until_seen '^status 0'
[ "$(rows dumb.run)" -eq 20 ] || fail "no headless run on a dumb terminal"
echo "start, pin, inject, lock, extract, help, resize, suspend, leave, resume, hang-up, crash, C, NO_COLOR, dumb: as they should be"
