#!/usr/bin/env bash
# Log-likelihoods of every choice of the first 20 ARC-Easy dev questions on the default model, against
# those of an independent PyTorch program: the full model, a dropped layer, a dropped attention, cut
# MLPs with the neuron order of a file. Both ARC formats. F32, as the reference encodes nothing.
set -euo pipefail
paretop=${PARETOP:-./paretop}
shared=${PARETOP_SHARED:-../shared}
tolerance=${TOLERANCE:-2e-3}
[ -n "${MODEL:-}" ] && [ -r "$MODEL" ] || { echo "the default model is absent (make deps)"; exit 77; }
reference=$shared/ref/arc_easy_dev20_loglik.csv
[ -r "$reference" ] || { echo "the reference log-likelihoods are absent: set PARETOP_SHARED"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/reference.XXXXXX")
trap 'rm -rf "$work"' EXIT
formats=(ARC-Easy-Dev.csv ARC-Easy-Dev.jsonl) # the second once: it gives the same questions
for code in $(tail -n +2 "$reference" | cut -d, -f1 | sort -u); do
    for file in "${formats[@]}"; do
        "$paretop" eval "$MODEL" --arch "$code" --type f32 --neuron-order "$shared/ref/neuron_order.csv" \
            --task "$shared/data/arc_easy/$file" --limit 20 --items "$work/$file.csv" --quiet >/dev/null
    done
    [ "${#formats[@]}" -eq 1 ] || cmp "$work/ARC-Easy-Dev.csv.csv" "$work/ARC-Easy-Dev.jsonl.csv"
    formats=(ARC-Easy-Dev.csv)
    python3 - "$reference" "$work/ARC-Easy-Dev.csv.csv" "$code" "$tolerance" <<'PYTHON'
import csv, sys
reference, ours, code, tolerance = sys.argv[1:]
key = lambda r: (r["item"], r["choice"])
wanted = {key(r): r for r in csv.DictReader(open(reference)) if r["code"] == code}
found = {key(r): r for r in csv.DictReader(open(ours))}
assert found.keys() == wanted.keys() and len(found) >= 80, (len(found), len(wanted))
for k, r in wanted.items():
    for name in ("tokens", "characters", "gold"):
        assert found[k][name] == r[name], (code, k, name, found[k][name], r[name])
worst = max(abs(float(found[k]["loglik"]) - float(wanted[k]["loglik"])) for k in wanted)
print(f"{code}: {len(found)} choices, largest difference {worst:.1e}")
sys.exit(worst > float(tolerance))
PYTHON
done
