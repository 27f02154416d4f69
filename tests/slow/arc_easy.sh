#!/usr/bin/env bash
# ARC-Easy dev, all 570 questions, f32, the full default model: acc .523 and acc_norm .430 as an
# independent PyTorch program computes with the same weights, within .005.
set -euo pipefail
paretop=${PARETOP:-./paretop}
task=${PARETOP_SHARED:-../shared}/data/arc_easy/ARC-Easy-Dev.csv
[ -n "${MODEL:-}" ] && [ -r "$MODEL" ] || { echo "the default model is absent (make deps)"; exit 77; }
[ -r "$task" ] || { echo "ARC-Easy is absent: set PARETOP_SHARED"; exit 77; }
"$paretop" eval "$MODEL" --task "$task" --json --quiet | python3 -c '
import json, sys
task = json.load(sys.stdin)["tasks"][0]
acc, acc_norm, n = task["acc"], task["acc_norm"], task["n"]
print(f"{n} questions: acc {acc:.4f}, acc_norm {acc_norm:.4f}")
sys.exit(not (n == 570 and abs(acc - .523) <= .005 and abs(acc_norm - .430) <= .005))'
