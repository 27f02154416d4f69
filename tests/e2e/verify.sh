#!/usr/bin/env bash
# paretop verify: files of this program against the model that they come from, whichever options they
# were written with; damaged ones, other models', files of other tools. And extract where no file can
# be made: one sentence, nothing left behind.
. tests/support/e2e

build=$(realpath "$build")
cd "$work" || exit 1
"$build/tools/tiny_model" tiny.gguf layers=4 hidden=64 intermediate=256 context=256 type=f16 || exit 1
"$build/tools/tiny_model" other.gguf layers=4 hidden=64 intermediate=256 context=256 type=f16 seed=9 || exit 1
for i in $(seq 200); do printf 'The river rises in the hills. '; done >text.txt

# verified TYPE HEAD PADDED COMPENSATED FILE: all is as it was extracted
verified() {
    "$paretop" verify "$5" --model tiny.gguf --limit 8 --json --quiet >out 2>err || fail "$5: $(cat err)"
    python3 - out "$1" "$2" "$3" "$4" <<'PYTHON' || fail "$5: $(cat out)"
import json, sys
d = json.load(open(sys.argv[1]))
s = d["source"]
kind, head, padded, compensated = sys.argv[2:]
assert (s["type"], s["head"]) == (kind, head), s
assert s["padded"] == (padded == "yes") and s["bias_compensation"] == (compensated == "yes"), s
assert s["max_logit_error"] <= s["logit_tolerance"]
PYTHON
}
extract() {
    "$paretop" extract tiny.gguf "$@" --quiet >/dev/null || fail "extract $*"
}

extract --arch 84h. -o cut.gguf
verified source source no no cut.gguf
extract --arch 84h. --type q8_0 --head q4_0 -o typed.gguf
verified q8_0 q4_0 no no typed.gguf
extract --arch 84h. --type q5_1 --pad -o padded.gguf
verified q5_1 source yes no padded.gguf
extract --arch 84h8 --type bf16 --bias-compensation -o compensated.gguf
verified bf16 source no yes compensated.gguf
extract --arch 888. --type bf16 --hf folder
verified bf16 source no no folder

# ---- what it says ----
"$paretop" verify typed.gguf --task search --limit 20 --text text.txt --context 64 --json >verify.json 2>/dev/null || fail "verify"
"$paretop" eval typed.gguf --task search --limit 20 --text text.txt --context 64 --json >eval.json 2>/dev/null || fail "eval"
python3 - "$(sha256sum <tiny.gguf)" "$(stat -c %s typed.gguf)" <<'PYTHON' || fail "verify --json: $(cat verify.json)"
import json, sys
v, e = json.load(open("verify.json")), json.load(open("eval.json"))
assert v["tasks"] == e["tasks"] and v["texts"] == e["texts"] and v["params"] == e["params"]
assert v["tasks"][0]["chance"] == 0.25 and v["texts"][0]["perplexity"] > 1
assert v["code"] == "84h." and v["source_sha256"] == sys.argv[1].split()[0] and v["source"] is None
assert v["architecture"] == "deci" and v["layers"] == 3 and v["bytes"] == int(sys.argv[2])
assert set(v["type_bytes"]) == {"f32", "q8_0", "q4_0"} and 0 < sum(v["type_bytes"].values()) < v["bytes"]
PYTHON
"$paretop" verify tiny.gguf --limit 4 >out 2>/dev/null || fail "verify of a file of another tool"
grep -q "^code  *not recorded" out && grep -q "chance 25.00 %" out || fail "what it says: $(cat out)"

# ---- what is not so ----
refused "does not tell its source" "$paretop" verify tiny.gguf --model other.gguf --limit 4
exits 1 "was extracted from a model of SHA-256" "$paretop" verify cut.gguf --model other.gguf --limit 4
head -c 3000 tiny.gguf >short.gguf
refused "short.gguf" "$paretop" verify short.gguf
refused "text.txt" "$paretop" verify text.txt
refused "absent.gguf" "$paretop" verify absent.gguf
# numbers of the last tensor that are others, and numbers that are none
python3 - <<'PYTHON'
data = bytearray(open("cut.gguf", "rb").read())
other, none = bytearray(data), bytearray(data)
other[-3000:-1000] = bytes(2000)
none[-30000:] = b"\x00\x7e" * 15000
open("other-numbers.gguf", "wb").write(other)
open("no-numbers.gguf", "wb").write(none)
PYTHON
exits 1 "does not compute what 84h. of tiny.gguf does" "$paretop" verify other-numbers.gguf --model tiny.gguf --limit 4 --quiet
"$paretop" verify other-numbers.gguf --limit 4 --quiet >/dev/null || fail "without --model it cannot be known"
exits 1 "no numbers" "$paretop" verify no-numbers.gguf --limit 4 --quiet
"$paretop" extract tiny.gguf --arch 8888 --type f32 -o whole.gguf --quiet >/dev/null
python3 - <<'PYTHON'
data = open("whole.gguf", "rb").read()
assert data.count(b"8888") >= 1
open("lies.gguf", "wb").write(data.replace(b"8888", b"888.", 1))
PYTHON
exits 1 "has not the tensors" "$paretop" verify lies.gguf --model tiny.gguf --limit 4 --quiet

# ---- no file can be made ----
mkdir out.d
refused "cannot write" "$paretop" extract tiny.gguf -o /proc/absent/x.gguf
refused "exists already; --force replaces it" "$paretop" extract tiny.gguf -o cut.gguf
refused "can be read, not written" "$paretop" extract tiny.gguf --type q6_k -o out.d/x.gguf
if [ "$(id -u)" -ne 0 ]; then
    chmod 555 out.d
    refused "cannot write" "$paretop" extract tiny.gguf -o out.d/x.gguf
    chmod 755 out.d
fi
# a full disk: a small tmpfs where one may be mounted, else a limit on a file's size
if unshare -m true 2>/dev/null && unshare -m mount -t tmpfs -o size=96k none out.d 2>/dev/null; then
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount -t tmpfs -o size=96k none out.d && "$1" extract tiny.gguf -o out.d/x.gguf --quiet 2>err
        echo $? >status; ls -A out.d >left' sh "$paretop" >/dev/null
else
    (
        trap '' XFSZ
        ulimit -f 100
        "$paretop" extract tiny.gguf -o out.d/x.gguf --quiet >/dev/null 2>err
        echo $? >status
    )
    ls -A out.d >left
fi
[ "$(cat status)" -eq 1 ] || fail "a full disk: exit $(cat status)"
[ "$(grep -c . err)" -eq 1 ] && grep -q "cannot write out.d/x.gguf" err || fail "a full disk: $(cat err)"
[ ! -s left ] || fail "a full disk leaves $(cat left)"
[ -z "$(ls -A out.d)" ] || fail "left behind: $(ls -A out.d)"
ls -A | grep -q '\.tmp-' && fail "left behind: $(ls -A)"

[ "$failed" -eq 0 ] && echo "verify: all as expected"
exit "$failed"
