#!/usr/bin/env bash
# Every view at four sizes, printed by `paretop watch --dump` from recorded runs (tests/screen/*.run)
# and compared with tests/screen/VIEW-SIZE.txt. UPDATE_GOLDEN=1 writes them anew: look at each before
# it is committed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
paretop=$(realpath "${PARETOP:-./paretop}")
work=$(mktemp -d "${TMPDIR:-/tmp}/pictures.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME=$work XDG_CACHE_HOME=$work LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR
failed=0 compared=0
picture() { # NAME RUN SIZE KEYS OPTIONS...
    local name=$1 run=$2 size=$3 keys=$4 golden
    shift 4
    if [ -n "$keys" ]; then set -- --script "$keys" "$@"; fi
    golden=tests/screen/$name-$size.txt
    if ! (cd tests/screen && "$paretop" watch "$run.run" --dump "$size" "$@") >"$work/found" 2>"$work/err"; then
        echo "FAILED $name $size: $(cat "$work/err")"
        failed=1
        return
    fi
    if [ -n "${UPDATE_GOLDEN:-}" ]; then cp "$work/found" "$golden"; fi
    if ! diff "$golden" "$work/found" >"$work/diff"; then
        echo "FAILED $golden is not what is shown:"
        cat "$work/diff"
        failed=1
    fi
    compared=$((compared + 1))
}
for size in 80x24 100x30 200x60 40x12; do
    picture front finished "$size" ''
    picture architecture finished "$size" '2<Right><Right><Down>'
    picture layers finished "$size" '3<Right>'
    picture progress finished "$size" '4'
    picture compare finished "$size" 'm <Down><Down><Down> 5'
    picture log finished "$size" '6'
    picture try finished "$size" '7'
    picture steered begun "$size" ''
    picture help finished "$size" '?'
done
for view in 1 2 3 4 5 6 7; do # nothing is evaluated yet; plain characters
    picture "empty-$view" empty 80x24 "$view"
    picture "ascii-$view" finished 80x24 "$view" --ascii
done
picture all finished 80x24 't<End>'
picture none-within none 80x24 ''
picture pins begun 80x24 'P'
picture filter finished 80x24 '/size<lt>=80MiB<Enter>'
picture axes finished 80x24 'xvX'
if [ -n "$(git status --porcelain tests/screen/*.run 2>/dev/null)" ]; then
    echo "FAILED looking has changed a recorded run"
    failed=1
fi
[ "$failed" -eq 0 ] && echo "$compared screens as they were looked at"
exit "$failed"
