#!/usr/bin/env bash
# A search that has lost its terminal goes on, and is seen again by its directory alone; what would
# change it stays refused.
. "$(dirname "$0")/../support/screen"
search=(search tiny.gguf --limit 40 --seed 3 --method nsga2 --population 10)
host=$(uname -n)

shell LC_ALL=C.UTF-8
keys "$paretop ${search[*]} --run a.run --evals 20000" Enter
until_seen '[0-9]{2,}/20000 evals'
process=$(grep -oE '^[0-9]+' a.run/lock)
grows() {
    local before
    before=$(rows a.run)
    until_rows a.run $((before + 5))
    kill -0 "$process" || fail "the search is gone"
    [ "$(grep -oE '^[0-9]+' a.run/lock)" = "$process" ] || fail "another process makes the run"
}
attached() {
    until_seen 'paretop watch .*/20000 evals'
    until_seen "process $process on $host makes this run; q leaves it running"
}

# a hang-up that somebody sends, and a terminal that is really lost
kill -HUP "$process"
until_gone '/20000 evals'
grows
grep -q 'the terminal is lost; the search goes on without a screen' a.run/log.txt ||
    fail "the log does not say that the terminal is lost"
tm kill-server
grows
shell LC_ALL=C.UTF-8
keys "$paretop a.run" Enter
attached
grows
keys j # the next key takes the notice away
until_gone 'makes this run'
answer l lock "0-1=8"
until_seen 'lock 0-1=8: taken'
keys q y
until_seen 'stopped watching; the run goes on, paretop watch a.run shows it'
grows

# options of the screen alone do not matter; what would change the run, or wants no screen, is refused
keys "clear; LC_ALL=C $paretop a.run --quiet --no-colour --ascii" Enter
attached
keys q y
until_seen 'shell>$'
for options in "--evals 300" "--headless" "--json" "--threads 1" "--pin acc>=0.2" "--on-finish true"; do
    keys "clear; $paretop a.run $options 2>err; echo status \$?" Enter
    until_seen '^status 2'
    grep -q "process $process on $host since .* paretop watch a.run, or paretop a.run" err || fail "$options: $(cat err)"
done
keys "clear; $paretop search a.run 2>err; echo status \$?" Enter
until_seen '^status 2'
grows

# from there it can be stopped
keys "clear; $paretop a.run" Enter
attached
keys q
until_seen 's stop the search'
keys s
until_seen 'stopped gen'
for attempt in $(seq 200); do
    if ! kill -0 "$process" 2>/dev/null; then break; fi
    sleep 0.05
done
if kill -0 "$process" 2>/dev/null; then fail "the search was not stopped"; fi
keys q
until_seen 'shell>$'

# suspended and sent to the background a search goes on; then it is seen from elsewhere
keys "clear; $paretop ${search[*]} --run b.run --evals 20000" Enter
until_seen '[0-9]{2,}/20000 evals'
keys C-z
until_seen 'Stopped'
keys "bg; clear" Enter
until_rows b.run $(($(rows b.run) + 5))
process=$(grep -oE '^[0-9]+' b.run/lock)
keys "$paretop b.run" Enter
attached
keys q y
until_seen 'stopped watching'
keys "clear; fg" Enter
until_seen 'paretop +tiny .*/20000 evals'
keys q y
until_seen 'saved; the same command goes on'
echo "hang-up, re-attach, refusals, stop, background: as they should be"
