#!/usr/bin/env bash
# The screen of a run directory as text, without a terminal: the same each time, at any size, after
# any keys, plain characters without UTF-8; it only looks.
. tests/support/e2e
"$build/tools/tiny_model" "$work/tiny.gguf" layers=14 hidden=64 intermediate=256 context=256 || exit 1
cd "$work" || exit 1
"$paretop" search tiny.gguf --run a.run --headless --limit 24 --seed 3 --method nsga2 --population 10 --evals 30 \
    >out 2>err </dev/null || fail "no run: $(cat err)"
find a.run -type f -exec sha256sum {} + | sort >before
dump() { # FILE OPTIONS...
    local file=$1
    shift
    LC_ALL=${locale:-C.UTF-8} "$paretop" watch a.run "$@" >"$file" 2>err </dev/null || fail "watch $*: $(cat err)"
    [ ! -s err ] || fail "said: $(cat err)"
}
shows() { grep -qE -- "$2" "$1" || fail "no \"$2\" in $(cat "$1")"; }

dump first --dump 80x24
dump again --dump 80x24
cmp first again || fail "two pictures of one run differ"
[ "$(wc -l <first)" -eq 24 ] || fail "$(wc -l <first) rows"
shows first ' 30/30 evals'
shows first '^\? help'
grep -q '[^ -~]' <(LC_ALL=C cat first) || fail "no glyph beyond ASCII"

# keys are played; what they ask for is not done
dump keys --dump 100x30 --script '?sort'
shows keys 'sort by the next column'
dump keys --dump 100x30 --script '<Down>y'
shows keys 'a screen that is printed only looks'
dump keys --dump 100x30 --script 'lno<Esc>p'
shows keys '^pin: '
find a.run -type f -exec sha256sum {} + | sort >after
diff before after || fail "a picture changed the run"

# the views of layers and of progress, of a real run
dump layers --dump 80x24 --script '3t<Right>'
shows layers 'layers in the marked: 0 networks'
dump layers --dump 80x24 --script '3ttt<Right><Right><Enter>'
shows layers 'layers in everything: 30 networks'
shows layers '^lock: 2='
dump progress --dump 100x30 --script 4
shows progress '^ 30 of 30 evaluations in '
shows progress 'hypervolume over evaluations'
dump progress --dump 100x30 --script 4vx
shows progress 'evaluations a minute over time'

# plain: by the option, by the locale
for how in option locale; do
    if [ $how = option ]; then dump plain --dump 80x24 --ascii; else locale=C dump plain --dump 80x24; fi
    if LC_ALL=C grep -q '[^ -~]' plain; then fail "characters beyond ASCII by $how"; fi
done

# any size
for size in 1x1 500x200 3x200 200x2 40x12; do
    dump sized --dump $size
    [ "$(wc -l <sized)" -eq "${size#*x}" ] || fail "$size: $(wc -l <sized) rows"
    [ "$(wc -L <sized)" -le "${size%x*}" ] || fail "$size: $(wc -L <sized) columns"
done
for size in 0x24 80x0 501x24 80x201 80 x 80x24x 80x-1 ' 80x24' 80,24 99999999999x24; do
    refused 'such as 80x24' "$paretop" watch a.run --dump "$size"
done
refused 'there is no key <Nowhere>' "$paretop" watch a.run --dump 80x24 --script 'j<Nowhere>'
refused 'headless wants none' "$paretop" watch a.run --dump 80x24 --headless
refused 'no run.json' "$paretop" watch . --dump 80x24
[ $failed -eq 0 ] && echo "dump: deterministic, keys, plain characters, sizes, refusals: as they should be"
exit $failed
