#!/usr/bin/env bash
# Completion made from the tables: bash's function asked as bash asks it, zsh as a person does.
. "$(dirname "$0")/../support/screen"
mkdir -p folder/deep tiny.run other
echo '{}' >tiny.run/run.json
touch words.txt rows.csv "two words.gguf"
"$paretop" --completion bash >completion.bash
bash --norc --noprofile -n completion.bash || fail "no bash"

# completes WORDS...: what bash would offer for the last of them, a line each
completes() {
    bash --norc --noprofile -c '
        . ./completion.bash
        compopt() { :; }
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _paretop
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort -u
}
offers() { # EXPECTED WORDS...
    local expected=$1 got
    shift
    got=$(completes "$@" | paste -sd' ')
    [ "$got" = "$expected" ] || fail "$*: \"$got\", \"$expected\" expected"
}
offers "search" paretop sea
offers "extract" paretop ex
offers "tiny.gguf tiny.run" paretop ti
offers "two words.gguf" paretop info tw
offers "tiny.run" paretop watch ""
offers "folder" paretop front fo
offers "folder/deep" paretop front folder/
offers "linas nsga2 random" paretop search tiny.gguf --method ""
offers "nsga2" paretop search tiny.gguf --method n
offers "nsga2" paretop search tiny.gguf --method = n
offers "linas nsga2 random" paretop search tiny.gguf --method =
offers "attn-mlp" paretop space tiny.gguf --space a
offers "bf16 f16 f32 q4_0 q4_1 q5_0 q5_1 q8_0 source" paretop extract tiny.gguf --type ""
offers "bf16" paretop eval tiny.gguf --precision b
offers "acc,bytes" paretop tiny.gguf --objectives acc,by
offers "heldout" paretop search tiny.gguf --task he
offers "folder other rows.csv tiny.run" paretop search tiny.gguf --warm "" # and folders on the way to files
offers "words.txt" paretop eval tiny.gguf --text wo
offers "--dump" paretop watch tiny.run --du
offers "--evals" paretop tiny.gguf --ev
offers "--evals" paretop --seed 3 search tiny.gguf --ev
offers "" paretop info tiny.gguf --evals
offers "" paretop search tiny.gguf --evals ""
offers "" paretop generate tiny.gguf ""
offers "generation" paretop front tiny.run --sort ge

# every option of every command is offered, and nothing else
"$paretop" --help | sed -n 's/^  paretop \([a-z]*\) .*/\1/p' | while read -r command; do
    offers "$("$paretop" "$command" --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u | paste -sd' ')" \
        paretop "$command" --
done

# through bash itself
shell LC_ALL=C.UTF-8
keys "PATH=$(dirname "$paretop"):\$PATH; . ./completion.bash; clear" Enter
until_gone 'completion.bash'
keys "paretop wat" Tab "ti" Tab
until_seen '^shell> paretop watch tiny.run/'
keys C-u "paretop info tw" Tab
until_seen '^shell> paretop info two\\ words.gguf'
keys C-u "paretop search tiny.gguf --method=li" Tab
until_seen '^shell> paretop search tiny.gguf --method=linas'

# make install puts both where shells look
if [ -f "$OLDPWD/Makefile" ] && [ "$paretop" = "$OLDPWD/paretop" ]; then
    env -u BUILD -u MAKEFLAGS make -s -C "$OLDPWD" install DESTDIR="$work/root" PREFIX=/usr >out 2>&1 || fail "make install: $(cat out)"
    cmp root/usr/share/bash-completion/completions/paretop completion.bash || fail "installed: another completion"
    [ -s root/usr/share/zsh/site-functions/_paretop ] || fail "no completion for zsh is installed"
fi

if ! command -v zsh >/dev/null; then
    echo "bash's completion is as it should be; SKIPPED: zsh is absent, its completion was not tried"
    exit 0
fi
mkdir functions
"$paretop" --completion zsh >functions/_paretop
zsh -n functions/_paretop || fail "no zsh"
tm kill-server
socket=paretop-$$-zsh
tm new-session -d -x 100 -y 30 "env LC_ALL=C.UTF-8 PATH=$(dirname "$paretop"):$PATH HOME=$work ZDOTDIR=$work/functions zsh -f"
keys "PS1='zsh> '; fpath=($work/functions \$fpath); autoload -Uz compinit; compinit -D -u; clear" Enter
until_seen '^zsh>'
until_gone 'compinit'
zsh_completes() { # TYPED SHOWN
    keys C-u
    until_seen '^zsh>$'
    keys -l "$1"
    keys Tab
    until_seen "^zsh> $2"
}
zsh_completes 'paretop sea' 'paretop search'
zsh_completes 'paretop info tw' 'paretop info two\\ words.gguf'
zsh_completes 'paretop watch ti' 'paretop watch tiny.run'
zsh_completes 'paretop watch tiny.run --du' 'paretop watch tiny.run --dump='
zsh_completes 'paretop search tiny.gguf --method n' 'paretop search tiny.gguf --method nsga2'
zsh_completes 'paretop tiny.gguf --method=li' 'paretop tiny.gguf --method=linas'
zsh_completes 'paretop tiny.gguf --eva' 'paretop tiny.gguf --evals='
zsh_completes 'paretop search tiny.gguf --objectives acc,by' 'paretop search tiny.gguf --objectives acc,bytes'
zsh_completes 'paretop front tiny.run --sort gen' 'paretop front tiny.run --sort generation'
echo "bash, zsh: commands, options, values, files, runs: as they should be"
