/* Where keys work: as the help says it, and as the settings file names it. */
#include "ui/keys.h"

const char *const ui_mode_names[UI_MODES] = {
    [UI_MODE_VIEW] = "in every view",
    [UI_MODE_FRONT] = "in the front",
    [UI_MODE_ARCHITECTURE] = "in the architecture",
    [UI_MODE_LAYERS] = "in the layers",
    [UI_MODE_PROGRESS] = "in the progress",
    [UI_MODE_COMPARE] = "in the comparison",
    [UI_MODE_LOG] = "in the log",
    [UI_MODE_TRY] = "in try",
    [UI_MODE_REPLACE] = "where a layer's character is awaited",
    [UI_MODE_PROMPT] = "at a prompt",
    [UI_MODE_PINS] = "in the list of pins",
    [UI_MODE_NUDGE] = "while a pin is nudged",
    [UI_MODE_EXTRACT] = "in the extraction dialog",
    [UI_MODE_RESULT] = "in a result's window",
    [UI_MODE_QUIT] = "when asked to leave",
    [UI_MODE_HELP] = "in the help",
    [UI_MODE_SETTINGS] = "in the settings",
};

const char *const ui_mode_ids[UI_MODES] = {
    [UI_MODE_VIEW] = "view",
    [UI_MODE_FRONT] = "front",
    [UI_MODE_ARCHITECTURE] = "architecture",
    [UI_MODE_LAYERS] = "layers",
    [UI_MODE_PROGRESS] = "progress",
    [UI_MODE_COMPARE] = "compare",
    [UI_MODE_LOG] = "log",
    [UI_MODE_TRY] = "try",
    [UI_MODE_REPLACE] = "replace",
    [UI_MODE_PROMPT] = "prompt",
    [UI_MODE_PINS] = "pins",
    [UI_MODE_NUDGE] = "nudge",
    [UI_MODE_EXTRACT] = "extract",
    [UI_MODE_RESULT] = "result",
    [UI_MODE_QUIT] = "quit",
    [UI_MODE_HELP] = "help",
    [UI_MODE_SETTINGS] = "settings",
};
