#!/usr/bin/env bash
# llama.cpp loads what `paretop extract` writes, architectures llama and deci, and computes the same
# perplexity as `paretop eval` on that file: within 0.2 % for F32 files, within 3 % for types whose
# products llama.cpp computes with rounded activations. The file has the size that was shown.
#
# LLAMA_CPP is the folder with llama-perplexity; else the newest build in the user's cache.
# CHUNKS is how many chunks of 512 tokens are compared on the default model (2).
# VERBOSE=1 prints every line llama.cpp writes.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/paretop
paretop=${PARETOP:-./paretop}
shared=${PARETOP_SHARED:-../shared}
chunks=${CHUNKS:-2}
model=${MODEL-$cache/SmolLM2-135M-Instruct.Q4_1.gguf}

skip() { echo "$*"; exit 77; }

bin=${LLAMA_CPP:-}
if [ -z "$bin" ]; then
    for folder in "$cache"/llama.cpp*/build/bin; do
        if [ -x "$folder/llama-perplexity" ]; then bin=$folder; fi
    done
fi
if [ ! -x "$bin/llama-perplexity" ]; then
    skip "llama-perplexity is absent: set LLAMA_CPP to its folder"
fi
text=$shared/data/text/wikitext-test.txt
[ -r "$text" ] || skip "the WikiText-2 excerpt is absent: set PARETOP_SHARED"

work=$(mktemp -d "${TMPDIR:-/tmp}/llama_cpp_loads.XXXXXX")
trap 'rm -rf "$work"' EXIT
head -c 60000 "$text" >"$work/text.txt"
failed=0

# Repacked kernels of some builds give wrong figures on CPUs with AMX: without them.
plain=()
"$bin/llama-perplexity" --help >"$work/help" 2>&1 || true
if grep -q -- --no-repack "$work/help"; then plain=(--no-repack); fi

# value FILE EXPRESSION: of a JSON object
value() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

# theirs FILE CONTEXT CHUNKS -> perplexity; one thread, for its threads spin while they wait
theirs() {
    "$bin/llama-perplexity" -m "$1" -f "$work/text.txt" -c "$2" --chunks "$3" -t 1 "${plain[@]}" \
        >"$work/log" 2>&1 || true
    [ -z "${VERBOSE:-}" ] || cat "$work/log" >&2
    sed -n 's/^Final estimate: PPL = \([0-9.]*\).*/\1/p' "$work/log"
}

# ours FILE CONTEXT CHUNKS [OPTIONS] -> perplexity
ours() {
    local file=$1 context=$2 chunks=$3
    shift 3
    "$paretop" eval "$file" --text "$work/text.txt" --context "$context" --chunks "$chunks" \
        --json --quiet "$@" >"$work/eval.json"
    value "$work/eval.json" 'd["texts"][0]["perplexity"]'
}

# near A B PERCENT
near() { python3 -c 'import sys; a, b, p = map(float, sys.argv[1:]); sys.exit(not abs(a / b - 1) <= p / 100)' "$@"; }

# try MODEL CODE TYPE ARCHITECTURE CONTEXT CHUNKS PERCENT [OPTIONS]
try() {
    local source=$1 code=$2 type=$3 architecture=$4 context=$5 chunks=$6 percent=$7 file a b size found
    shift 7
    file=$work/out.gguf
    "$paretop" extract "$source" --arch "$code" --type "$type" -o "$file" --force --json --quiet "$@" \
        >"$work/extract.json"
    size=$(wc -c <"$file")
    found=$(value "$work/extract.json" '"%d %d %s" % (d["bytes"], d["shown_bytes"], d["verified"])')
    if [ "$found" != "$size $size True" ]; then
        echo "FAILED $code $type: $size bytes on disk; bytes, shown_bytes, verified: $found"
        failed=1
    fi
    found=$("$paretop" info "$file" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["architecture"])')
    if [ "$found" != "$architecture" ]; then
        echo "FAILED $code $type: architecture $found, expected $architecture"
        failed=1
    fi
    a=$(ours "$file" "$context" "$chunks")
    b=$(theirs "$file" "$context" "$chunks")
    if [ -z "$b" ]; then
        echo "FAILED $code $type $architecture: llama.cpp does not run it: $(grep -m1 -i error "$work/log" || true)"
        failed=1
    elif near "$a" "$b" "$percent"; then
        printf 'ok     %-32s %-5s %-5s %10s bytes  ours %12.4f  llama.cpp %12.4f\n' "$code" "$type" "$architecture" "$size" "$a" "$b"
    else
        echo "FAILED $code $type $architecture: perplexity $a, llama.cpp $b, expected within $percent %"
        failed=1
    fi
}

stories=$shared/models/stories260K.gguf
if [ -r "$stories" ]; then
    for row in 88888=llama 8.8.8=llama 44444=llama 00000=llama 64281=deci 8h888=deci 8888h=deci 80888=deci \
               h8888=deci .h0h8=deci hhhhh=deci; do
        try "$stories" "${row%=*}" f32 "${row#*=}" 128 8 0.2
    done
    for type in source f16 bf16 q8_0 q5_1 q5_0 q4_1 q4_0; do try "$stories" 6h048 "$type" deci 128 8 3; done
    try "$stories" 88888 source llama 128 8 0.2
    # ffn_down.bias is loaded in both architectures
    try "$stories" 44444 f32 llama 128 8 0.2 --bias-compensation
    try "$stories" 60281 f32 deci 128 8 0.2 --bias-compensation
else
    echo "stories260K.gguf is absent: not compared"
fi

if [ -n "$model" ] && [ -r "$model" ]; then
    order=()
    [ -r "$shared/ref/neuron_order.csv" ] && order=(--neuron-order "$shared/ref/neuron_order.csv")
    try "$model" 888888888888888888888888888888 f32 llama 512 "$chunks" 0.2
    try "$model" 888848886888448.88888884888888 f32 deci 512 "$chunks" 0.2 "${order[@]}"
    try "$model" h88888888888.8h888808888888888 f32 deci 512 1 0.2
    try "$model" 888848886888448.88888884888888 source deci 512 "$chunks" 3 "${order[@]}"
    # The figure shown for the sub-network is the figure of its file.
    a=$(ours "$model" 512 "$chunks" --arch 888848886888448.88888884888888 "${order[@]}")
    b=$(ours "$work/out.gguf" 512 "$chunks")
    near "$a" "$b" 0.001 || { echo "FAILED: sub-network $a, its file $b"; failed=1; }
else
    echo "the default model is absent: not compared"
fi
exit "$failed"
