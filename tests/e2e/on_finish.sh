#!/usr/bin/env bash
# The end of a search: --on-finish, a command of the user's, on the screen, without one, and after
# the terminal was lost; and a bell.
. "$(dirname "$0")/../support/screen"
search=(search tiny.gguf --limit 40 --seed 3 --method nsga2 --population 10)

# --on-finish: on the screen, in the background, once; a bell where the terminal can show it
cat >tell <<'TELL'
echo "$PARETOP_OUTCOME $PARETOP_EVALUATIONS $PARETOP_FRONT $PARETOP_RUN $PARETOP_HYPERVOLUME $PARETOP_SECONDS" >>told
echo what the command says
exit ${1:-0}
TELL
told() { # LINES EVALUATIONS RUN
    local end=$((SECONDS + 180))
    until [ -f told ] && [ "$(wc -l <told)" -eq "$1" ]; do
        [ "$SECONDS" -lt "$end" ] || fail "told: $(cat told 2>&1)"
        sleep 0.05
    done
    tail -1 told | grep -qE "^finished $2 [1-9][0-9]* $work/$3 0(\.[0-9]+)? [0-9]+$" || fail "told: $(cat told)"
    grep -q '^what the command says$' "$3/log.txt" || fail "$(cat "$3/log.txt")"
}
shell LC_ALL=C.UTF-8
keys "$paretop ${search[*]} --run c.run --evals 30 --bell --on-finish 'sh ./tell 3'" Enter
tm new-window "env PS1='other> ' bash --norc --noprofile"
end=$((SECONDS + 180))
until [ "$(tm display-message -p -t :0 '#{window_bell_flag}')" = 1 ]; do
    [ "$SECONDS" -lt "$end" ] || fail "no bell"
    sleep 0.05
done
tm select-window -t 0
until_seen 'finished gen'
until_seen 'on-finish: the command ended with status 3; log.txt has what it said'
told 1 30 c.run
if seen 'what the command says'; then fail "the command wrote to the screen"; fi
keys q
until_seen 'shell>$'
told 1 30 c.run

# without a screen it is waited for, behind the report; a search that is interrupted tells nobody
headless() {
    "$paretop" "${search[@]}" --headless "$@" >out 2>err </dev/null && status=0 || status=$?
}
headless --run d.run --evals 12 --on-finish 'sh ./tell' --heldout heldout
[ "$status" -eq 0 ] || fail "exit $status: $(cat err)"
told 2 12 d.run
[ d.run/heldout.csv -ot told ] || fail "told before the report was made"
headless --run d.run --evals 20 --on-finish 'sh ./tell 4' --heldout none
[ "$status" -eq 0 ] && grep -q '^paretop: --on-finish: the command ended with status 4' err || fail "exit $status: $(cat err)"
told 3 20 d.run
"$paretop" "${search[@]}" --headless --run e.run --evals 20000 --on-finish 'sh ./tell' >out 2>err </dev/null &
process=$!
until_rows e.run 5
kill -INT "$process"
wait "$process" && status=0 || status=$?
[ "$status" -eq 130 ] || fail "interrupted: exit $status"
[ "$(wc -l <told)" -eq 3 ] || fail "an interrupted search told: $(cat told)"

# and after its terminal was lost
shell LC_ALL=C.UTF-8
keys "$paretop ${search[*]} --run f.run --evals 60 --on-finish 'sh ./tell'" Enter
until_seen '/60 evals'
tm kill-server
told 4 60 f.run
echo "on the screen, headless, interrupted, after a hang-up; the bell: as they should be"
