#!/usr/bin/env bash
# Formats in and out, as a user meets them: a split GGUF and a Hugging Face folder in place of a file in
# every command, and what extract writes read by the other commands.
. tests/support/e2e

build=$(realpath "$build")
cd "$work" || exit 1
"$build/tools/tiny_model" tiny.gguf layers=4 hidden=64 intermediate=256 context=256 || exit 1
"$build/tools/split_gguf" tiny.gguf parts 3 || exit 1
parts=parts-00001-of-00003.gguf

# score MODEL...: the score, with all its digits
score() {
    "$paretop" eval "$@" --limit 8 --json --quiet | grep -E '"(acc|choice_nll)"'
}
same() {
    [ "$(score $1)" = "$(score $2)" ] || fail "$1 has another score than $2"
}

"$paretop" extract tiny.gguf --hf folder --quiet >out || fail "extract --hf"
grep -q 'from_pretrained("folder")' out || fail "what loads the folder is not told: $(cat out)"
[ "$(ls folder | tr '\n' ' ')" = "config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json " ] ||
    fail "files of the folder: $(ls folder)"
same tiny.gguf "$parts"
same tiny.gguf folder
same tiny.gguf folder/

# Padded: the same score but for the last digits, in llama's architecture and as a folder.
"$paretop" extract tiny.gguf --arch 4h0. --pad -o padded.gguf --quiet >out || fail "extract --pad"
grep -q 'architecture llama' out || fail "--pad writes another architecture: $(cat out)"
"$paretop" info padded.gguf | grep -q '0-2 .*4 heads.*MLP 256' || fail "padded layers are not equal"
"$paretop" extract tiny.gguf --arch 4h0. --pad --hf padded --quiet >/dev/null || fail "extract --pad --hf"
for model in padded.gguf padded; do
    python3 - "$(score "tiny.gguf" --arch 4h0.)" "$(score $model)" <<'PYTHON' || fail "padded: $model"
import re, sys
a, b = ([float(x) for x in re.findall(r"[\d.]+(?=,?$)", text, re.M)] for text in sys.argv[1:])
sys.exit(len(a) != 2 or a[0] != b[0] or abs(a[1] - b[1]) > 1e-4 * a[1])
PYTHON
done
[ "$("$paretop" extract tiny.gguf --arch 4h0. --pad -o padded.gguf --force --json --quiet |
    grep -c "\"\(shown_\)\?bytes\": $(stat -c %s padded.gguf)")" -eq 2 ] || fail "bytes shown of a padded file"

# A search on a folder and on parts, and its resume; the run's directory has the model's name.
for model in folder/ "$parts"; do
    "$paretop" search "$model" --headless --limit 8 --evals 4 --population 2 --quiet >/dev/null ||
        fail "search $model"
    "$paretop" search "$model" --headless --limit 8 --evals 6 --quiet >/dev/null || fail "resume $model"
done
for run in folder.run parts.run; do
    [ "$(wc -l <"$run/history.csv")" -eq 7 ] || fail "$run: $(wc -l <"$run/history.csv") lines"
done
diff <(cut -d, -f2 folder.run/history.csv) <(cut -d, -f2 parts.run/history.csv) >/dev/null ||
    fail "the folder's search found other networks than the parts'"

mkdir empty
refused "without config.json (a model) and run.json (a run)" "$paretop" info empty
refused "without config.json" "$paretop" empty
refused "name the first, which ends in -00001-of-00003.gguf" "$paretop" info parts-00002-of-00003.gguf
refused "give one of them" "$paretop" extract tiny.gguf --hf x -o y
refused "exists already; --force replaces it" "$paretop" extract tiny.gguf --hf folder
refused "layer 1 has no attention" "$paretop" extract tiny.gguf --hf x --arch 8h88
refused "weight type q8_0" "$paretop" extract tiny.gguf --hf x --type q8_0
refused "cannot make the folder" "$paretop" extract tiny.gguf --hf absent/x
touch folder/notes.txt
refused "holds notes.txt" "$paretop" extract tiny.gguf --hf folder --force
rm folder/notes.txt
sed -i 's/BPE/Unigram/' folder/tokenizer.json
refused "Unigram" "$paretop" eval folder
rm parts-00003-of-00003.gguf
refused "part 3 of 3: cannot open" "$paretop" info "$parts"

# A limit on a file's size stands for a full disk: nothing is left.
(
    trap '' XFSZ
    ulimit -f 100
    exits 1 "cannot write" "$paretop" extract tiny.gguf --hf full --quiet
    exit "$failed"
) || failed=1
[ -z "$(ls -d full* 2>/dev/null)" ] || fail "left behind: $(ls -d full*)"

[ "$failed" -eq 0 ] && echo "formats: split GGUF, folders in and out, padded: as they should be"
exit "$failed"
