#!/usr/bin/env bash
# The command line end to end, on tiny models: every command works, its JSON has the keys that
# scripts rely on; everything that is wrong gets one sentence and the right exit status.
. tests/support/e2e

tiny=$work/tiny.gguf
other=$work/other.gguf
"$build/tools/tiny_model" "$tiny" layers=4 hidden=64 intermediate=256 context=256 || exit 1
"$build/tools/tiny_model" "$other" layers=4 hidden=64 intermediate=256 context=128 \
    sentencepiece=1 tied=0 biases=1 seed=3 || exit 1
python3 - "$work" <<'PYTHON'
import sys
work = sys.argv[1]
with open(f"{work}/task.csv", "w") as f:
    f.write("question,a,b,c,answer\n")
    for i in range(12):
        f.write(f'"What comes after {i}, please?",{i},{i + 1},"{i + 2}, or so",B\n')
open(f"{work}/stray.csv", "w").write('question,a,b,answer\nWhat "is" it?,x"y,z,A\n"open,1,2,B\n')
open(f"{work}/nobody.csv", "w").write("question,a,b,answer\nWhat?,1,2,Q\n")
open(f"{work}/header.csv", "w").write("question,a,b,answer\n")
open(f"{work}/empty.csv", "w")
open(f"{work}/text.txt", "w").write("The river rises in the hills. " * 200)
open(f"{work}/short.txt", "w").write("Short.")
PYTHON

# json KEYS COMMAND...: the object (the first of an array) has exactly these keys, in any order
json() {
    local keys=$1
    shift
    if ! "$@" >"$work/out" 2>"$work/err" </dev/null; then
        fail "$*: $(cat "$work/err")"
        return
    fi
    python3 - "$work/out" "$keys" <<'PYTHON' || fail "JSON of: $*"
import json, sys
value = json.load(open(sys.argv[1]))
value = value[0] if isinstance(value, list) else value
found, wanted = sorted(value), sorted(sys.argv[2].split())
if found != wanted:
    sys.exit(f"keys {found}, expected {wanted}")
PYTHON
}

# holds EXPRESSION: of the last JSON, as d
holds() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' "$work/out" "$1" || fail "$1: $(head -c 600 "$work/out")"; }

# ---- help, version, the bare program ----
"$paretop" --help >"$work/out" 2>"$work/err" || fail "--help"
[ ! -s "$work/err" ] || fail "--help writes to standard error"
for command in info eval search front quantize-front space extract verify generate; do
    grep -q "paretop $command" "$work/out" || fail "--help does not name $command"
    grep -q -- "--threads" <<<"$("$paretop" "$command" --help)" || fail "$command --help"
done
grep -Eq '^paretop [0-9]+\.[0-9]+\.[0-9]+$' <<<"$("$paretop" --version)" || fail "--version"
"$paretop" >"$work/out" 2>"$work/err"
[ $? -eq 2 ] && [ ! -s "$work/out" ] && grep -q '^usage: ' "$work/err" || fail "a bare paretop"

# ---- info ----
json "architecture layers hidden heads kv_heads intermediate vocabulary context params bytes tokenizer types sha256" \
    "$paretop" info "$tiny" --json
holds "d['layers'] == 4 and d['hidden'] == 64 and d['intermediate'] == [256] * 4 and d['context'] == 256"
holds "d['bytes'] == $(wc -c <"$tiny") and d['sha256'] == '$(sha256sum "$tiny" | cut -d' ' -f1)'"
grep -q "MLP 256" <<<"$("$paretop" info "$other")" || fail "info as text"

# ---- eval ----
keys="model code params bytes type precision threads tokens seconds tasks texts"
json "$keys" "$paretop" eval "$tiny" --task="$work/task.csv" --text "$work/text.txt" --context=64 \
    --chunks 3 --threads 2 --json
holds "d['bytes'] == $(wc -c <"$tiny") and d['code'] == '8888' and d['threads'] == 2"
holds "len(d['tasks']) == 1 and {'name', 'n', 'acc', 'acc_norm', 'stderr', 'choice_nll'} <= set(d['tasks'][0])"
holds "d['tasks'][0]['n'] == 12 and d['tasks'][0]['name'] == 'task'"
holds "set(d['texts'][0]) == {'name', 'chunks', 'tokens', 'perplexity'} and d['texts'][0]['chunks'] == 3"
holds "d['texts'][0]['tokens'] == 3 * 31 and d['texts'][0]['perplexity'] > 1"
holds "d['seconds'] > 0 and d['tokens'] > 3 * 64 and d['type'] == 'source' and d['precision'] == 'f32'"
cp "$work/out" "$work/first.json"
json "$keys" "$paretop" --json eval --threads=1 --chunks=3 --context 64 --text="$work/text.txt" \
    --task "$work/task.csv" -- "$tiny"
python3 - "$work/first.json" "$work/out" <<'PYTHON' || fail "one thread and two differ"
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(a["tasks"] != b["tasks"] or a["texts"] != b["texts"])
PYTHON
json "$keys" "$paretop" eval "$tiny" --task "$work/task.csv" --task "$work/task.csv" --limit 5 --json
holds "[t['n'] for t in d['tasks']] == [5, 5] and d['texts'] == []"
json "$keys" "$paretop" eval "$tiny" --text "$work/text.txt" --context 64 --json
holds "d['tasks'] == [] and len(d['texts']) == 1"
json "$keys" "$paretop" eval "$tiny" --json
holds "d['tasks'][0]['name'] == 'search' and d['tasks'][0]['n'] >= 200"
for precision in bf16 int8; do # where the build and the processor have it
    if "$paretop" eval "$tiny" --limit 3 --json --precision $precision >"$work/out" 2>"$work/err"; then
        holds "d['precision'] == '$precision' and d['tasks'][0]['n'] == 3"
        "$paretop" generate "$tiny" --precision $precision --tokens 4 hello >"$work/out" ||
            fail "generate --precision $precision"
    else
        grep -q -- "--precision $precision needs" "$work/err" || fail "--precision $precision: $(cat "$work/err")"
    fi
done
"$paretop" eval "$tiny" --precision f8 2>"$work/err"
[ $? -eq 2 ] && grep -q "f32, bf16, int8" "$work/err" || fail "--precision f8"
grep -q "^search: acc " <<<"$("$paretop" eval "$tiny" --limit 3)" || fail "eval as text"
grep -q . <<<"$("$paretop" eval "$tiny" --limit 3 2>&1 >/dev/null)" && fail "eval writes to standard error"

echo "an older file" >"$work/items.csv"
json "$keys" "$paretop" eval "$tiny" --task "$work/task.csv" --items "$work/items.csv" --json
python3 - "$work/items.csv" "$work/out" <<'PYTHON' || fail "--items"
import csv, json, re, sys
text = open(sys.argv[1]).read()
assert text.startswith("item,choice,loglik,tokens,characters,gold\n"), text[:60]
rows = list(csv.DictReader(text.splitlines()))
assert len(rows) == 36, len(rows)
right = 0
for i in range(12):
    mine = rows[3 * i:3 * i + 3]
    assert [int(r["item"]) for r in mine] == [i] * 3 and [int(r["choice"]) for r in mine] == [0, 1, 2]
    assert all(re.fullmatch(r"-\d+\.\d{6}", r["loglik"]) for r in mine), mine
    assert all(int(r["gold"]) == 1 and int(r["tokens"]) > 0 for r in mine)
    assert int(mine[2]["characters"]) == len(f"{i + 2}, or so")
    scores = [float(r["loglik"]) for r in mine]
    right += scores.index(max(scores)) == 1
assert abs(json.load(open(sys.argv[2]))["tasks"][0]["acc"] - right / 12) < 1e-9
PYTHON

# A cut code measures an order once, keeps it in the cache, and is what its file is.
json "$keys" "$paretop" eval "$tiny" --arch 84h. --text "$work/text.txt" --context 64 --json
holds "d['code'] == '84h.' and d['bytes'] < $(wc -c <"$tiny")"
cp "$work/out" "$work/first.json"
[ "$(find "$work/cache/paretop/orders" -name '*.bin' | wc -l)" -eq 1 ] || fail "the order is not cached"

# ---- extract ----
keys="file code type bytes shown_bytes verified max_logit_error logit_tolerance sample fallbacks beyond"
json "$keys" "$paretop" extract "$tiny" --arch 84h. -o "$work/cut.gguf" --json
holds "d['verified'] is True and d['bytes'] == d['shown_bytes'] == $(wc -c <"$work/cut.gguf")"
holds "d['max_logit_error'] <= 1e-3 and d['type'] == 'source' and d['file'] == '$work/cut.gguf'"
"$paretop" eval "$work/cut.gguf" --text "$work/text.txt" --context 64 --json >"$work/out"
python3 - "$work/first.json" "$work/out" <<'PYTHON' || fail "a sub-network is not what its file is"
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
assert a["bytes"] == b["bytes"] and a["params"] == b["params"], (a, b)
assert abs(a["texts"][0]["perplexity"] / b["texts"][0]["perplexity"] - 1) < 1e-5
PYTHON
exits 2 "exists already" "$paretop" extract "$tiny" --arch 84h. -o "$work/cut.gguf"
"$paretop" extract "$other" --arch 4444 --type q8_0 -o "$work/cut.gguf" --force >"$work/out" || fail "--force"
grep -q "^llama-cli -m " "$work/out" && grep -q "size shown" "$work/out" || fail "extract as text"
(cd "$work" && "$paretop" extract tiny.gguf --arch 888. >/dev/null && ls tiny-*.gguf >/dev/null) || fail "a default name"
mkdir "$work/closed"
exits 2 "is the model" "$paretop" extract "$tiny" -o "$tiny" --force
exits 2 "cannot write" "$paretop" extract "$tiny" -o "$work/nowhere/x.gguf"
exits 2 "can be read, not written" "$paretop" extract "$tiny" --type q6_k -o "$work/x.gguf"
# Every type, to the byte; what it cannot hold is named.
for type in source f32 f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0; do
    json "$keys" "$paretop" extract "$tiny" --arch 84h. --type "$type" --force -o "$work/cut.gguf" --json
    holds "d['verified'] is True and d['bytes'] == d['shown_bytes'] == $(wc -c <"$work/cut.gguf")"
    holds "d['fallbacks'] == [] and d['beyond'] == 0 and d['type'] == '$type'"
done
"$build/tools/tiny_model" "$work/odd.gguf" layers=4 hidden=48 intermediate=96 heads=3 kv_heads=3 || exit 1
json "$keys" "$paretop" extract "$work/odd.gguf" --arch 888. --type q5_0 --force -o "$work/cut.gguf" --json
holds "{'tensor': 'blk.1.ffn_up.weight', 'wanted': 'q5_0', 'type': 'f16'} in d['fallbacks']"
holds "d['bytes'] == $(wc -c <"$work/cut.gguf") and not any('down' in f['tensor'] for f in d['fallbacks'])"
grep -q "blk.0-2.ffn_gate.weight as f16 (rows are no whole blocks of q5_0)" "$work/err" ||
    fail "what is written in another type: $(cat "$work/err")"

# ---- generate ----
"$paretop" generate "$tiny" "The river" --tokens 12 >"$work/a" && "$paretop" generate "$tiny" "The river" --tokens=12 >"$work/out" &&
    cmp -s "$work/a" "$work/out" || fail "generate twice"
"$paretop" generate "$tiny" "The river" --tokens 30 --temperature 90 --seed 1 >"$work/a"
"$paretop" generate "$tiny" "The river" --tokens 30 --temperature 90 --seed 2 >"$work/out"
cmp -s "$work/a" "$work/out" && fail "two seeds, one text"
json "model code text tokens seconds" "$paretop" generate "$other" "The river" --tokens 4 --json
exits 2 "does not say how it is spoken to" "$paretop" generate "$tiny" "The river" --chat
exits 2 "the model's context is" "$paretop" generate "$other" "$(printf 'word %.0s' $(seq 400))"

# ---- space ----
json "space genotypes networks log10_genotypes params bytes samples" "$paretop" space "$tiny" --json
holds "d['genotypes'] == str(6 ** 4) and d['networks'] == str(6 ** 4 - 1) and len(d['samples']) == 10"
holds "all(d['bytes'][0] <= s['bytes'] <= d['bytes'][1] for s in d['samples'])"
holds "all(d['params'][0] <= s['params'] <= d['params'][1] for s in d['samples'])"
json "space genotypes networks log10_genotypes params bytes samples" "$paretop" space "$tiny" --space llama-nas --json
holds "d['genotypes'] == str(2 * 2 ** 4) and d['networks'] == str(2 ** 4 + 2 ** 3)"
json "space genotypes networks log10_genotypes params bytes samples" \
    "$paretop" space "$tiny" --choices "8 4" --lock 0-1=8 --json
holds "d['networks'] == '4'"
json "space genotypes networks log10_genotypes params bytes samples" "$paretop" space "$tiny" --space attn-mlp --json
holds "d['genotypes'] == str(4 ** 4) and d['networks'] == str(4 ** 4 - 1)"
holds "len({s['code'] for s in d['samples']}) == 10"
cp "$work/out" "$work/first.json"
"$paretop" space "$tiny" --choices "8 0 h ." --json >"$work/out" # the same networks in other genes
python3 - "$work/first.json" "$work/out" <<'PYTHON' || fail "attn-mlp is not the space of 8 0 h ."
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(any(a[k] != b[k] for k in ("genotypes", "networks", "params", "bytes")))
PYTHON
json "space genotypes networks log10_genotypes params bytes samples" \
    "$paretop" space "$tiny" --space attn-mlp --lock 0-2=8 --lock 3=4 --json
holds "d['networks'] == '1' and len(d['samples']) == 1 and d['samples'][0]['code'] == '8884'"
"$build/tools/tiny_model" "$work/deep.gguf" layers=32 hidden=64 intermediate=64 || exit 1
json "space genotypes networks log10_genotypes params bytes samples" \
    "$paretop" space "$work/deep.gguf" --space llama-nas --depth-order tail --json
holds "d['genotypes'] == str(3 * 2 ** 32) and d['networks'] == str(2 ** 32 + 2 ** 28 + 2 ** 24)"
exits 2 "no search space" "$paretop" space "$tiny" --space nowhere
exits 2 "layers, llama-nas and attn-mlp" "$paretop" space "$tiny" --space nowhere

# ---- search and front ----
run=$work/first.run
"$paretop" search "$tiny" --run "$run" --task "$work/task.csv" --evals 24 --population 8 --json \
    --pin "bytes<=1GiB" >"$work/lines" 2>/dev/null || fail "search"
python3 - "$work/lines" <<'PYTHON' || fail "search's JSON"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert len(lines) == 3, lines
assert all(list(l) == "generation evaluations feasible front hypervolume seconds shared forecast".split() for l in lines)
assert [l["evaluations"] for l in lines] == [8, 16, 24]
assert all(a["hypervolume"] <= b["hypervolume"] for a, b in zip(lines, lines[1:]))
PYTHON
"$paretop" "$run" --headless --evals 44 >"$work/out" 2>/dev/null </dev/null || fail "resuming a run directory"
grep -q "40 evaluated.*acc_est foretold" "$work/out" || fail "a generation's line has no forecast: $(cat "$work/out")"
grep "44 evaluated" "$work/out" | grep -q foretold && fail "half a generation tells the forecast of the one before"
grep -q "44 evaluated" "$work/out" || fail "a resumed search's line"
(cd "$work" && "$paretop" tiny.gguf --headless --limit 4 --evals 3 --population 2 >/dev/null 2>&1 && [ -e tiny.run/run.json ]) || fail "the default job"
json "id code origin acc acc_est acc_norm choice_nll params bytes macs decode_ms prompt_ms decode_tps prompt_tps stderr acc_est_stderr n feasible" "$paretop" front "$run" --json
holds "[r['bytes'] for r in d] == sorted(r['bytes'] for r in d) and all(r['feasible'] for r in d)"
"$paretop" front "$run" --csv >"$work/out" || fail "front --csv"
head -n 1 "$work/out" | cmp -s - <(head -n 1 "$run/history.csv") || fail "the header of front --csv"
while read -r line; do grep -qxF "$line" "$run/history.csv" || fail "a row that is not in the history"; done <"$work/out"
"$paretop" front "$run" --sort id --json >"$work/out" || fail "front --sort"
holds "[r['id'] for r in d] == sorted(r['id'] for r in d)"
"$paretop" front "$run" --knee --json >"$work/out" 2>/dev/null && holds "len(d) == 1"
"$paretop" front "$run" --best "params<=1G and acc>=0" --json >"$work/out" || fail "front --best"
holds "len(d) == 1"
python3 - "$paretop" "$run" <<'PYTHON' || fail "front on a terminal of 80 columns"
import fcntl, os, struct, subprocess, sys, termios

def front(columns, *options):
    outside, inside = os.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    done = subprocess.run([sys.argv[1], "front", sys.argv[2], *options], stdout=inside,
                          stderr=subprocess.PIPE, text=True, check=True)
    os.close(inside)
    return os.read(outside, 1 << 20).decode().splitlines(), done.stderr

lines, notes = front(400)
assert {"params", "macs", "choice_nll"} <= set(lines[0].split()) and "too narrow" not in notes
assert "the run's included: bytes<=1GiB" in notes and "too narrow" not in front(400, "-q")[1]
lines, notes = front(60)
assert all(len(line) <= 60 for line in lines) and "too narrow" in notes, lines
assert {"bytes", "acc_est", "code"} <= set(lines[0].split()) and "macs" not in lines[0]
assert "macs" in front(60, "--sort", "macs")[0][0]
PYTHON
"$paretop" front "$run" --pin "bytes<=1kB" --json >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q "bytes<=1kB 0 of 44" "$work/err" || fail "a pin that leaves nothing"
holds "not any(r['feasible'] for r in d)"
"$paretop" extract "$tiny" --run "$run" --arch 8488 -o "$work/run.gguf" >/dev/null || fail "extract --run"

# Bias compensation: a run keeps to it, and what is evaluated is what is written.
compensated=$work/compensated.run
"$paretop" search "$tiny" --run "$compensated" --headless --limit 6 --evals 6 --population 4 --bias-compensation \
    --inject 8408 --text "$work/text.txt" --context 64 >/dev/null 2>&1 || fail "search --bias-compensation"
grep -q '"bias-compensation": "on"' "$compensated/run.json" || fail "run.json does not tell the compensation"
"$paretop" "$compensated" --headless --evals 7 >/dev/null 2>&1 </dev/null || fail "resuming a compensated run"
exits 2 "without --bias-compensation: leave" "$paretop" search "$tiny" --run "$run" --headless --bias-compensation
"$paretop" extract "$tiny" --run "$compensated" --arch 8408 --bias-compensation --force -o "$work/cut.gguf" --json >"$work/out" ||
    fail "extract --bias-compensation"
holds "d['bytes'] == d['shown_bytes'] == $(wc -c <"$work/cut.gguf") and d['verified']"
"$paretop" info "$work/cut.gguf" --json >/dev/null || fail "info of a compensated file"
"$paretop" eval "$work/cut.gguf" --text "$work/text.txt" --context 64 --json >"$work/out" 2>/dev/null
python3 - "$compensated/history.csv" "$work/out" "$(wc -c <"$work/cut.gguf")" <<'PYTHON' || fail "a compensated network is not what its file is"
import csv, json, sys
row = next(r for r in csv.DictReader(open(sys.argv[1])) if r["code"] == "8408")
found = json.load(open(sys.argv[2]))["texts"][0]["perplexity"]
assert int(row["bytes"]) == int(sys.argv[3]), row
assert abs(float(row["perplexity"]) / found - 1) < 1e-5, (row, found)
PYTHON

# a run in the background gets SIGINT: saved, 130, goes on
"$build/tools/tiny_model" "$work/slow.gguf" layers=8 hidden=128 intermediate=512 || exit 1
"$paretop" search "$work/slow.gguf" --run "$work/slow.run" --headless --evals 5000 >"$work/out" 2>"$work/err" &
process=$!
for _ in $(seq 900); do
    if [ -s "$work/slow.run/history.csv" ] && [ "$(wc -l <"$work/slow.run/history.csv")" -gt 2 ]; then break; fi
    sleep 0.1
done
kill -HUP "$process"
sleep 0.2
kill -0 "$process" || fail "SIGHUP ended a headless search"
kill -TERM "$process"
wait "$process"
[ $? -eq 130 ] || fail "SIGTERM: exit $?, expected 130"
grep -q "saved; the same command goes on" "$work/err" || fail "SIGTERM: $(tail -n 1 "$work/err")"
[ "$(tail -c 1 "$work/slow.run/history.csv" | od -An -c | tr -d ' ')" = '\n' ] || fail "a torn history"

# ---- names from elsewhere: bytes that JSON cannot hold ----
latin=$work/$'caf\xe9.gguf'
cp "$tiny" "$latin"
grep -q '"model": ".*caf?.gguf"' <<<"$("$paretop" eval "$latin" --task "$work/task.csv" --json 2>"$work/err")" ||
    fail "eval of a name in Latin-1: $(tail -n 1 "$work/err")"
"$paretop" extract "$latin" --arch 8888 -o "$work/"$'\xe9.gguf' --json 2>"$work/err" |
    grep -q '"file": ".*/?.gguf"' || fail "extract to a name in Latin-1: $(tail -n 1 "$work/err")"
exits 2 "is not UTF-8" "$paretop" search "$latin" --run "$work/latin.run" --headless
[ ! -e "$work/latin.run" ] || fail "a refused search left its directory"

# ---- what is wrong with options ----
exits 2 "did you mean eval" "$paretop" evla "$tiny"
exits 2 "no command, model file or run directory" "$paretop" "$work/absent.gguf"
exits 2 "did you mean --task" "$paretop" eval "$tiny" --tsak x
exits 2 "eval does not take --evals" "$paretop" eval "$tiny" --evals 3
exits 2 "--evals must be within" "$paretop" search "$tiny" --headless --evals 2000001
exits 2 "--limit needs a value" "$paretop" eval "$tiny" --limit
exits 2 "--limit must be a whole number" "$paretop" eval "$tiny" --limit=1.5
exits 2 "--threads must be within" "$paretop" eval "$tiny" --threads 0
exits 2 "eval needs one argument" "$paretop" eval
exits 2 "one argument too many" "$paretop" info "$tiny" "$tiny"
exits 2 "--json takes no value" "$paretop" info "$tiny" --json=yes
exits 2 "position 4" "$paretop" eval "$tiny" --arch 888
exits 2 "position 5" "$paretop" eval "$tiny" --arch 88888
exits 2 "'x' at position 2" "$paretop" eval "$tiny" --arch 8x88
exits 2 "all 4 layers are dropped" "$paretop" extract "$tiny" --arch .... -o "$work/x.gguf"
exits 2 "no weight type" "$paretop" eval "$tiny" --type q9
exits 2 "is no pin" "$paretop" search "$tiny" --run "$work/x.run" --headless --pin "bytes"
exits 2 "could mean" "$paretop" search "$tiny" --run "$work/x.run" --headless --pin "bytes<=9M"
exits 2 "is no lock" "$paretop" search "$tiny" --run "$work/x.run" --headless --lock 8
exits 2 "no search method" "$paretop" search "$tiny" --run "$work/x.run" --headless --method best
exits 2 "is no objective" "$paretop" search "$tiny" --run "$work/x.run" --headless --objectives acc,speed
exits 2 "is not measured" "$paretop" search "$tiny" --run "$work/x.run" --headless --pin "perplexity<=9"
[ ! -e "$work/x.run" ] || fail "a refused search leaves its directory"
exits 2 "--population 8, not 9" "$paretop" "$run" --headless --population 9
exits 2 "--items is for one task" "$paretop" eval "$tiny" --text "$work/text.txt" --context 64 --items "$work/x.csv"
exits 2 "exclude each other" "$paretop" front "$run" --knee --best "acc>=0"
exits 2 "seconds, generation" "$paretop" front "$run" --sort colour
exits 2 "exclude each other" "$paretop" front "$run" --csv --json
exits 2 "exclude each other" "$paretop" report "$run" --csv --json

# ---- what is wrong with files ----
size=$(wc -c <"$tiny")
for part in 0 3 20 100 5000 $((size / 2)) $((size - 1)); do
    head -c "$part" "$tiny" >"$work/bad.gguf"
    for command in info eval "space"; do exits 2 "bad.gguf" "$paretop" "$command" "$work/bad.gguf"; done
    exits 2 "bad.gguf" "$paretop" extract "$work/bad.gguf" --arch 8888 -o "$work/x.gguf"
    exits 2 "bad.gguf" "$paretop" search "$work/bad.gguf" --headless --run "$work/x.run"
done
{ printf 'GGML'; tail -c +5 "$tiny"; } >"$work/bad.gguf"
exits 2 "bad.gguf" "$paretop" info "$work/bad.gguf"
# sizes that no file has: tensor and pair counts, a tensor's dimension, a string's length
python3 - "$tiny" "$work" <<'PYTHON'
import struct, sys
data, work = bytearray(open(sys.argv[1], "rb").read()), sys.argv[2]
def put(name, offset, value):
    changed = bytearray(data)
    changed[offset:offset + 8] = struct.pack("<Q", value)
    open(f"{work}/huge-{name}.gguf", "wb").write(changed)
put("tensors", 8, 1 << 60)
put("pairs", 16, 1 << 60)
put("string", 24, (1 << 63) - 1)
name = data.find(b"token_embd.weight") + len(b"token_embd.weight")
put("dimension", name + 4, 1 << 40)
put("product", name + 12, 1 << 61)
PYTHON
for bad in "$work"/huge-*.gguf; do exits 2 "$(basename "$bad")" "$paretop" eval "$bad"; done
exits 2 "stray.csv, line" "$paretop" eval "$tiny" --task "$work/stray.csv"
exits 2 "nobody.csv, line 2" "$paretop" eval "$tiny" --task "$work/nobody.csv"
exits 2 "empty.csv" "$paretop" eval "$tiny" --task "$work/empty.csv"
exits 2 "header.csv" "$paretop" eval "$tiny" --task "$work/header.csv"
exits 2 "no task, file or folder" "$paretop" eval "$tiny" --task nothing
exits 2 "less than one chunk" "$paretop" eval "$tiny" --text "$work/short.txt"
exits 2 "absent.txt" "$paretop" eval "$tiny" --text "$work/absent.txt"
exits 2 "absent.csv" "$paretop" eval "$tiny" --arch 4888 --neuron-order "$work/absent.csv"
exits 2 "expected a line for each" "$paretop" eval "$tiny" --arch 4888 --neuron-order "$work/task.csv"
exits 2 "is not a run directory" "$paretop" eval "$tiny" --arch 4888 --run "$work/closed"
exits 2 "is not a run directory" "$paretop" front "$work"
exits 2 "/proc/" "$paretop" search "$tiny" --headless --run /proc/nothing
exits 2 "cannot write" "$paretop" eval "$tiny" --limit 2 --items "$work/nowhere/items.csv"
[ ! -e "$work/x.gguf" ] || fail "a refused extraction left a file"
[ -z "$(find "$work" -name '*.tmp-*')" ] || fail "temporary files: $(find "$work" -name '*.tmp-*')"

# ---- a full disk ----
if [ -w /dev/full ]; then
    for words in "info $tiny" "eval $tiny --limit 2" "generate $tiny hello --tokens 3" "--help" "front $run"; do
        # shellcheck disable=SC2086
        "$paretop" $words >/dev/full 2>"$work/err"
        [ $? -eq 1 ] && grep -q "cannot write standard output" "$work/err" || fail "full disk: $words: $(cat "$work/err")"
    done
fi

[ "$failed" -eq 0 ] && echo "cli: all as expected"
exit "$failed"
