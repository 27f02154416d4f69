#!/usr/bin/env bash
# Pins steer, not only filter: on the default model, bytes<=X with X a fifth under the base, set
# after 40 evaluations; of the next 20 at least two thirds are within X, and without the pin, same
# seed, at most half as many. Few questions an evaluation: what is asked is tested, not how it does.
set -euo pipefail
paretop=${PARETOP:-./paretop}
[ -n "${MODEL:-}" ] && [ -r "$MODEL" ] || { echo "the default model is absent (make deps)"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/steering.XXXXXX")
trap 'rm -rf "$work"' EXIT
for seed in ${SEEDS:-0 1 2}; do
    for name in free pinned; do
        "$paretop" search "$MODEL" --run "$work/$name$seed" --headless --quiet --limit 20 --seed "$seed" --evals 40 >/dev/null
    done
    limit=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "bytes") c = i } NR == 2 { printf "%d", $c * 0.8 }' "$work/free$seed/history.csv")
    "$paretop" search "$MODEL" --run "$work/free$seed" --headless --quiet --evals 60 >/dev/null
    "$paretop" search "$MODEL" --run "$work/pinned$seed" --headless --quiet --evals 60 --pin "bytes<=$limit" >/dev/null
    python3 - "$work" "$seed" "$limit" <<'PYTHON'
import csv, sys
work, seed, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
def within(name):
    rows = list(csv.DictReader(open(f"{work}/{name}{seed}/history.csv")))
    assert len(rows) == 60, len(rows)
    return sum(int(r["bytes"]) <= limit for r in rows[40:])
free, pinned = within("free"), within("pinned")
print(f"seed {seed}: of 20 asked, {pinned} within {limit} bytes when pinned, {free} when not")
sys.exit(not (pinned >= 20 * 2 / 3 and free <= pinned / 2))
PYTHON
done
