#!/usr/bin/env bash
# One run of each of METHODS, killed with -9 KILLS times at random instants: its history is, times
# apart, that of a run that nobody interrupted; so is one whose evaluations are made in stages.
# One more with pins and injections by another process in between: each is answered once, no network
# is there twice.
source "$(dirname "$0")/../support/e2e"
# Without KILLS it is short, and of one method; nsga2 comes below.
[ -n "${KILLS:-}" ] || METHODS=${METHODS:-linas}
kills=${KILLS:-12}
evals=$((kills * 4 + 20))
"$build/tools/tiny_model" "$work/tiny.gguf" layers=6 hidden=64 intermediate=256 context=256
command=("$paretop" search "$work/tiny.gguf" --headless --quiet --limit 16 --population 10 --seed 5
    --threads 2 --evals "$evals")

lines() { if [ -f "$1/history.csv" ]; then wc -l <"$1/history.csv"; else echo 0; fi; }

# send DUE: what of the requests is not sent yet, of the first DUE of them
send() {
    mkdir -p "$run/requests.d"
    while [ "$sent" -lt "$1" ] && [ "$sent" -lt "${#requests[@]}" ]; do
        echo "${requests[sent++]}" >>"$run/requests.d/another-1.csv"
    done
}

# kill_often RUN OPTIONS: starts and kills, some of the times before a row is made, then lets it end
kill_often() {
    local run=$work/$1 killed=0 sent=0 process target
    shift
    while [ "$killed" -lt "$kills" ]; do
        "${command[@]}" --run "$run" "$@" >>"$work/log" 2>&1 </dev/null &
        process=$!
        target=$(($(lines "$run") + RANDOM % 4))
        while [ "$(lines "$run")" -lt "$target" ] && kill -0 "$process" 2>/dev/null; do sleep 0.003; done
        sleep "0.$(printf %03d $((RANDOM % 40)))"
        kill -9 "$process" 2>/dev/null && killed=$((killed + 1))
        wait "$process" 2>/dev/null && { fail "$run: finished after $killed kills"; return; }
        # A slow machine's first kills come before there is a run to send to: then what is due waits.
        [ -f "$run/run.json" ] && send $((killed * ${#requests[@]} / kills))
    done
    "${command[@]}" --run "$run" "$@" >>"$work/log" 2>&1 </dev/null || fail "$run: $(tail -n 1 "$work/log")"
    echo "$(basename "$run"): killed $killed times"
}

methods=$("${command[@]}" --run "$work/none" --method none 2>&1 | sed 's/.*there are //; s/,//g; s/ and / /')
[ "$(wc -w <<<"$methods")" -ge 2 ] || fail "methods: $methods"
requests=()
methods=${METHODS:-$methods}
for method in $methods; do
    "${command[@]}" --run "$work/$method.whole" --method "$method" >>"$work/log" 2>&1 </dev/null ||
        fail "$method: $(tail -n 1 "$work/log")"
    kill_often "$method" --method "$method"
done
stages=(--method nsga2 --stages 4,8,16)
"${command[@]}" --run "$work/staged.whole" "${stages[@]}" >>"$work/log" 2>&1 </dev/null ||
    fail "stages: $(tail -n 1 "$work/log")"
kill_often staged "${stages[@]}"
requests=('pin,bytes<=400kB' inject,8.8.8. 'unpin,bytes<=' inject,h.h.88 'lock,0=8')
kill_often steered --method nsga2

python3 - "$work" "$evals" "${requests[@]}" -- $methods <<'PYTHON' || failed=1
import csv, sys
work, evals, requests = sys.argv[1], int(sys.argv[2]), sys.argv[3:sys.argv.index("--")]
methods = sys.argv[sys.argv.index("--") + 1:]
TIMES = ("seconds", "finished", "decode_ms", "prompt_ms", "decode_tps", "prompt_tps")
def rows(run, name="history.csv"):
    with open(f"{work}/{run}/{name}", newline="") as file:
        return [{k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file)]
def whole(run):
    found = rows(run)
    assert [int(r["id"]) for r in found] == list(range(evals)), f"{run}: ids"
    assert len({r["code"] for r in found}) == len(found), f"{run}: a network twice"
    return found
for method in methods:
    assert whole(method) == whole(f"{method}.whole"), f"{method}: another history"
    assert rows(method, "front.csv") == rows(f"{method}.whole", "front.csv"), f"{method}: another front"
staged = rows("staged")
assert [int(r["id"]) for r in staged] == list(range(len(staged))), "staged: ids"
assert len({(r["code"], r["n"]) for r in staged}) == len(staged), "staged: a stage twice"
assert len({r["code"] for r in staged}) == evals < len(staged), "staged: another number of networks"
assert staged == rows("staged.whole"), "staged: another history"
assert rows("staged", "front.csv") == rows("staged.whole", "front.csv"), "staged: another front"
steered = whole("steered")
answers = [line.split(",") for line in open(f"{work}/steered/requests.d/answers.csv")]
mine = [a for a in answers if a[0].startswith("another-1")]
assert sorted(int(a[1]) for a in mine) == list(range(1, len(requests) + 1)), f"answers: {mine}"
for request in requests:
    if request.startswith("inject,"):
        row = [r for r in steered if r["code"] == request.split(",")[1]]
        assert len(row) == 1, f"{request}: {len(row)} rows"
PYTHON
exit "$failed"
