#!/usr/bin/env bash
# Settings as a person changes them: a file with a mistake in it, keys bound anew, the window, themes
# that change at once, NO_COLOR, the clipboard, the mouse.
. "$(dirname "$0")/../support/screen"
export XDG_CONFIG_HOME=$work/config
config=$XDG_CONFIG_HOME/paretop/config
"$paretop" search tiny.gguf --run a.run --headless --limit 24 --seed 3 --method nsga2 --population 10 --evals 40 \
    >out 2>err </dev/null || fail "no run: $(cat err)"
watch() { # ENVIRONMENT...: the finished run on a new screen of 80x24
    shell LC_ALL=C.UTF-8 TERM=screen-256color "XDG_CONFIG_HOME=$XDG_CONFIG_HOME" "$@"
    tm resize-window -x 80 -y 24
    keys "$paretop watch a.run" Enter
    until_seen '40/40 evals'
}
until_colour() { # CODE: of a cell on the screen
    local end=$((SECONDS + 180))
    until tm capture-pane -pe | grep -qE $'\033\\[[0-9;]*'"38;5;$1"'[;m]'; do
        [ "$SECONDS" -lt "$end" ] || fail "no colour $1: $(tm capture-pane -pe | head -5 | cat -v)"
        sleep 0.05
    done
}
kept() { # LINES
    local end=$((SECONDS + 180))
    until [ "$(cat "$config" 2>/dev/null)" = "$1" ]; do
        [ "$SECONDS" -lt "$end" ] || fail "kept: $(cat "$config")"
        sleep 0.05
    done
}

# without a file: the defaults; changed in the window, at once, and kept when it closes
watch
until_colour 35
keys ,
until_seen '─ settings ─'
until_seen '▸ theme +< default >'
keys Right Right
until_seen '< contrast >'
until_colour 46
[ ! -e "$config" ] || fail "kept before the window was closed"
keys Escape
until_seen "kept in $config"
kept "theme = contrast"
keys q
until_seen 'shell>$'

# a file with a mistake: told, with file and line, and nothing of it is lost
printf '# mine\ntheme = contrast\nspeed = high\nkey.sort = ~\nkey.help = H\nglyphs = ascii\n' >"$config"
watch
until_seen 'paretop/config, line 3: there is no setting "speed"'
until_colour 46
if seen '[●◆─]'; then fail "glyphs beyond ASCII"; fi
until_seen '~ sort'
keys '~'
until_gone 'there is no setting'
until_seen 'H help'
keys H
until_seen 'search'
keys 'by the next column'
until_seen '~ +sort by the next column'
keys Escape
keys F2
until_seen '< contrast >'
keys Down
until_seen '< ascii >'
keys Left
until_seen '< blocks >'
until_seen '●'
keys Escape
kept "$(printf '# mine\ntheme = contrast\nspeed = high\nkey.sort = ~\nkey.help = H\nglyphs = blocks\n')"
keys q
until_seen 'shell>$'

# a theme of one's own; NO_COLOR and --no-colour win over any
mkdir "$XDG_CONFIG_HOME/paretop/themes"
printf 'front = 201 magenta bold\n' >"$XDG_CONFIG_HOME/paretop/themes/mine.theme"
printf 'theme = mine\nclipboard = on\nmouse = on\n' >"$config"
watch
until_colour 201
keys q
until_seen 'shell>$'
keys "clear; $paretop watch a.run --no-colour" Enter
until_seen '40/40 evals'
no_colour() { if grep -qE $'\033\\[[0-9;]*38;5;' <<<"$(tm capture-pane -pe)"; then fail "colours in spite of $1"; fi; }
no_colour --no-colour
watch NO_COLOR=1
no_colour NO_COLOR
printf 'front = 300 magenta\n' >"$XDG_CONFIG_HOME/paretop/themes/mine.theme"
watch
until_seen 'themes/mine.theme, line 1: front takes a colour of 256'

# yank to the clipboard, which tmux takes here
tm set-option -s set-clipboard on
keys y
until_seen 'and on the clipboard'
end=$((SECONDS + 180))
until [ "$(tm show-buffer 2>/dev/null)" = "$(cat a.run/code.txt)" ]; do
    [ "$SECONDS" -lt "$end" ] || fail "clipboard: $(tm show-buffer 2>&1), yanked $(cat a.run/code.txt)"
    sleep 0.05
done

# the mouse: reported while it is wanted, given back in the end and after a crash
reported() { tm display-message -p '#{mouse_any_flag}'; }
until_reported() {
    local end=$((SECONDS + 180))
    until [ "$(reported)" = "$1" ]; do
        [ "$SECONDS" -lt "$end" ] || fail "the mouse: $(reported), $1 expected"
        sleep 0.05
    done
}
until_reported 1
click() { # COLUMN ROW, from 1
    tm send-keys -H 1b 5b 4d 20 "$(printf %x $((32 + $1)))" "$(printf %x $((32 + $2)))"
}
keys t
until_seen 'all 40 networks'
keys Home
selected=$(screen | grep -oE 'selected #[0-9]+')
click 60 7
end=$((SECONDS + 180))
while [ "$(screen | grep -oE 'selected #[0-9]+')" = "$selected" ]; do
    [ "$SECONDS" -lt "$end" ] || fail "a click selects nothing"
    sleep 0.05
done
keys C-z
until_seen 'Stopped'
until_reported 0
keys "fg" Enter
until_seen '40/40 evals'
until_reported 1
keys ,
until_seen 'settings'
keys Down Down Down
until_seen 'mouse +< on >'
keys Right
until_reported 0
keys Right
until_reported 1
kill -SEGV "$(pgrep -f "^$paretop watch a.run" -P "$(tm display-message -p '#{pane_pid}')")"
until_seen 'paretop has crashed'
until_reported 0
watch
keys , Down Down Down Right Escape
kept "$(printf 'theme = mine\nclipboard = on\nmouse = off\n')"
until_reported 0
keys q
until_seen 'shell>$'
watch
[ "$(reported)" = 0 ] || fail "mouse bytes though it is off"
echo "settings, a mistake in them, keys, themes, NO_COLOR, clipboard, mouse: as they should be"
