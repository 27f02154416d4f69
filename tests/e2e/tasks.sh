#!/usr/bin/env bash
# What is scored and how, through the command line on a tiny model: formats, worked examples, groups,
# definitions of perplexity; and that a run keeps to what it was started with.
. tests/support/e2e
# holds EXPRESSION COMMAND...: of the JSON that the command prints, as d
holds() {
    local expression=$1
    shift
    "$@" --json >"$work/out" 2>"$work/err" </dev/null || fail "$*: $(cat "$work/err")"
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not eval(sys.argv[2]))' \
        "$work/out" "$expression" || fail "$expression: $*: $(head -c 600 "$work/out")"
}

tiny=$work/tiny.gguf
"$build/tools/tiny_model" "$tiny" layers=4 hidden=64 intermediate=256 context=256 || exit 1
python3 - "$work" <<'PYTHON'
import json, os, sys
work = sys.argv[1]
for split, count in (("dev", 3), ("test", 6)):
    os.makedirs(f"{work}/mmlu/{split}")
    for subject, rows in (("art", count), ("old_law", count // 2)):
        with open(f"{work}/mmlu/{split}/{subject}_{split}.csv", "w") as f:
            f.writelines(f"Which is {i}?,one,two,three,four,{'ABCD'[i % 4]}\n" for i in range(rows))
for name, count in (("train_xl", 8), ("dev", 4)):
    with open(f"{work}/{name}.jsonl", "w") as f:
        for i in range(count):
            print(json.dumps({"sentence": f"The cup {i} and the box, _ is big.", "option1": "cup",
                              "option2": "box", "answer": str(i % 2 + 1)}), file=f)
open(f"{work}/text.txt", "w").write("The river rises in the hills. " * 40)
page = " = River {} = \n \n The river , as it is , rises in the hills . \n \n = = Course = = \n \n It is @-@ long . \n"
open(f"{work}/wiki.raw", "w").write(" \n" + "".join(page.format(i) for i in range(3)))
PYTHON

holds "[(g['name'], g['n']) for g in d['tasks'][0]['groups']] == [('art', 6), ('old_law', 3)]" \
    "$paretop" eval "$tiny" --task "$work/mmlu"
holds "abs(sum(g['n'] * g['acc'] for g in d['tasks'][0]['groups']) / 9 - d['tasks'][0]['acc']) < 1e-9" \
    "$paretop" eval "$tiny" --task "$work/mmlu" --shots 1 --shots-from sample
"$paretop" eval "$tiny" --task "$work/mmlu" >"$work/out" 2>&1
grep -q "mean of 2 subjects by size" "$work/out" && ! grep -q old_law "$work/out" || fail "groups as text"
grep -q "^  old_law: acc " <<<"$("$paretop" eval "$tiny" --task "$work/mmlu" --verbose 2>&1)" || fail "--verbose"
holds "'groups' not in d['tasks'][0] and d['tasks'][0]['acc'] == d['tasks'][0]['acc_norm']" \
    "$paretop" eval "$tiny" --task "$work/dev.jsonl" --shots 3
refused "first or sample" "$paretop" eval "$tiny" --task "$work/dev.jsonl" --shots 1 --shots-from last
refused "one more than used" "$paretop" eval "$tiny" --task "$work/dev.jsonl" --shots 8

text=("$paretop" eval "$tiny" --text "$work/text.txt" --context 32)
holds "set(d['texts'][0]) == {'name', 'chunks', 'tokens', 'perplexity'}" "${text[@]}" --ppl llama
cp "$work/out" "$work/llama.json"
holds "d['texts'] == json.load(open('$work/llama.json'))['texts']" "${text[@]}"
holds "d['texts'][0]['ppl'] == 'joined' and d['texts'][0]['tokens'] == 31 * d['texts'][0]['chunks']" \
    "${text[@]}" --ppl joined
holds "all(d['texts'][0][k] > 0 for k in ('word_perplexity', 'byte_perplexity', 'bits_per_byte'))" \
    "${text[@]}" --ppl rolling
holds "d['texts'][0]['chunks'] == 2 and d['texts'][0]['word_perplexity'] is None" \
    "${text[@]}" --ppl rolling --chunks 2
holds "d['texts'][0]['pages'] == 1 and not d['texts'][0]['detokenised']" "${text[@]}" --ppl rolling
wiki=("$paretop" eval "$tiny" --text "$work/wiki.raw" --context 32 --ppl rolling)
holds "d['texts'][0]['pages'] == 3 and d['texts'][0]['detokenised'] and d['texts'][0]['word_perplexity'] > 0" \
    "${wiki[@]}"
holds "d['texts'][0]['pages'] == 1 and d['texts'][0]['word_perplexity'] is None" "${wiki[@]}" --chunks 1
grep -q "^wiki.raw: rolling over 3 pages, detokenised: perplexity " <<<"$("${wiki[@]}" 2>&1)" || fail "pages as text"
refused "llama, rolling or joined" "${text[@]}" --ppl wanda

search=("$paretop" search "$tiny" --run "$work/run" --headless --text "$work/text.txt" --context 32
    --task "$work/dev.jsonl" --objectives perplexity,bytes --evals 3 --population 2)
"${search[@]}" --ppl joined --shots 2 >/dev/null 2>"$work/err" || fail "search: $(cat "$work/err")"
refused "--ppl joined, not rolling" "${search[@]}" --ppl rolling
refused "without --shots-from, not first" "${search[@]}" --shots-from first
"${search[@]}" --evals 4 >/dev/null 2>"$work/err" || fail "resume: $(cat "$work/err")"
python3 - "$work/run" <<'PYTHON' || fail "run.json"
import json, sys
options = json.load(open(sys.argv[1] + "/run.json"))["options"]
sys.exit(options["ppl"] != "joined" or options["shots-from"] != "" or options["shots"] != "2")
PYTHON
[ $failed -eq 0 ] && echo "tasks: all as expected"
exit $failed
