#!/usr/bin/env bash
# A network drawn by hand: edited a layer at a time, its costs seen before, evaluated next, then
# selected; and networks compared side by side. Waits for what must appear, never for a time.
. "$(dirname "$0")/../support/screen"

shell LC_ALL=C.UTF-8
keys "$paretop search tiny.gguf --run tiny.run --evals 20000 --limit 60 --seed 3" Enter
until_seen '[0-9]{2,}/20000 evals'

# the base, edited: what it costs is what the file of that network has
keys b 2
until_seen '#0, generation 0, base'
keys Down Down Down Right x End A
until_seen 'draft from #0, 3 layers changed'
until_seen 'draft +5 +\. +8'
until_seen 'Enter evaluates it'
keys 1
until_seen '◇ draft' # where it is foretold to be
keys 2
until_seen 'draft from #0, 3 layers changed' # it is there still
keys Enter
until_seen 'your network is #[0-9]+'
until_gone 'draft from'
until_seen '#[0-9]+, generation [0-9]+, inject'
grep -q '^[0-9]*,5\.88888888888h,inject' tiny.run/history.csv || fail "what was drawn is not in the history"
shown=$(screen | grep -oE '#[0-9]+, generation [0-9]+, inject' | grep -oE '^#[0-9]+' | tr -d '#')
id=$(grep ',5\.88888888888h,inject' tiny.run/history.csv | cut -d, -f1)
[ "$shown" = "$id" ] || fail "#$shown is selected, #$id was drawn"

# drawn again from the base: it is evaluated already, and is selected at once
rows_before=$(grep -c 'inject' tiny.run/history.csv)
keys b g Down Down Down Right x End A Enter
until_seen "evaluated already: #$id"
[ "$(grep -c 'inject' tiny.run/history.csv)" = "$rows_before" ] || fail "it was evaluated again"

# side by side with the base, then with others that are marked
keys c
until_seen "#$id against #0"
until_seen 'smaller +1\.00x +1\.[0-9]+x'
keys Space b Space
until_seen "2 marked, each against #$id"
until_seen 'diff +\* *\*'
keys '<'
until_seen '2 marked, each against #0'
keys d
until_seen "#0 against #$id|#$id against #0"
keys q
until_seen 'leave'
keys y
until_seen 'shell> *$'
echo "a network is drawn, evaluated, and compared"
