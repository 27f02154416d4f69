/* The words of the help. */
#include "help.h"

#include <stddef.h>

const char *const help_about[PAGES] = {
    [PAGE_FRONT] =
        "Each sign in the plot is a network: the model with some layers made narrower and some "
        "left out. As a rule size is to the right and accuracy upwards; the title says so. "
        "Nothing is best at both, but many networks are beaten: another one is smaller and more "
        "accurate, too. Those that nothing beats are the front, the line of \342\227\217, and "
        "the choice is among them: how much accuracy is how much size worth? The list has the "
        "same networks in figures; walk along it with {up} and {down}, below is how the "
        "selected one is built. With {pin} you set a limit that the search obeys, with "
        "{extract} you write the selected network as a model file.",
    [PAGE_ARCHITECTURE] =
        "How the selected network is built, layer by layer: whether a layer is there, whether "
        "it has its attention, how wide its MLP is. Change it with the arrow keys and see at "
        "once how large it gets and what accuracy is foretold. {evaluate} has it evaluated "
        "next; it then becomes one of the networks of the front's plot.",
    [PAGE_LAYERS] =
        "What the good networks have in common: for each layer, how many of those on the front "
        "keep it whole, make it narrower, or leave it out. A layer that nearly all keep is one "
        "that the model needs; one that most leave out does little. Below, how many layers the "
        "networks keep, and how wide these are. Other networks than the front's can be taken, "
        "and a layer be locked for the rest of the search.",
    [PAGE_PROGRESS] =
        "Whether it is worth waiting longer. The curve is the hypervolume: the area that the "
        "front covers, which grows when the front gets better anywhere. While it climbs, the "
        "search still finds something; when it has been flat for long, there is little left to "
        "find. Beside it and below: how fast networks are evaluated, how well the search "
        "foretells them, the time left.",
    [PAGE_COMPARE] =
        "The selected network and those that are marked ({mark}), beside the base: their "
        "figures, how they differ, and their layers one below the other. A difference in "
        "accuracy within the noise is smaller than the errors of both, and may be luck.",
    [PAGE_LOG] =
        "What the run has said, the newest at the bottom: how it began, what was asked for and "
        "answered, what went wrong. The same lines are in log.txt of the run's folder. They are "
        "followed until you scroll up, and again from {last} on.",
    [PAGE_TRY] =
        "A prompt, continued by the selected network and by the base, the full model: read for "
        "yourself what a smaller network has lost. {run} asks for the prompt, and tries the "
        "last one again on another network. Always the likeliest token is taken, so nothing is "
        "left to chance. It is done in the background; the search goes on.",
};

const struct help_sign help_signs[] = {
    {PAGE_FRONT, "\342\227\217 front", "not beaten: better in one objective is worse in another"},
    {PAGE_FRONT, "dots, \303\227", "networks that one of the front beats; outside the pins"},
    {PAGE_FRONT, "\342\227\206 base", "the full model"},
    {PAGE_FRONT, "\342\227\211 selected",
     "what {extract} extracts; its bar is one standard error each way"},
    {PAGE_FRONT, "\342\226\262 marked", "marked with {mark}, to be compared"},
    {PAGE_FRONT, "\342\212\225 new, \342\227\213",
     "since you looked last, + if beaten; predicted, not evaluated"},
    {PAGE_FRONT, "\342\226\275, letters",
     "networks of pruning methods, of other fronts; {others} lists them"},
    {PAGE_FRONT, "=", "found by {find}"},
    {PAGE_FRONT, "* knee", "where the front bends most"},
    {PAGE_FRONT, "mlp, attn, infl", "per layer: MLP width, attention, influence on what passes"},
    {PAGE_ARCHITECTURE, "infl, ?", "influence, on a log scale; a difference within the noise"},
    {PAGE_LAYERS, "\342\226\210, \342\226\204, \302\267", "of the networks all, some, none"},
    {PAGE_PROGRESS, "tau", "how well the forecast has put networks in order: 1 perfectly"},
    {PAGE_COMPARE, "*, ?", "the best of the line; a difference within the noise"},
    {PAGE_TRY, "\342\227\211, \342\227\206", "the network that is tried, the base"},
    {PAGE_TRY, "\342\226\270 and bold", "the texts part there; before it they are the same"},
    {PAGE_TRY, "tok/s", "tokens a second, while the search uses the processors as well"},
    {PAGE_LOG, "!", "a failure, or a warning"},
    {PAGES, "\302\261", "standard error of the accuracy: the luck of the questions"},
    {PAGES, "est", "accuracy, steadied by how sure each right answer is"},
    {PAGES, "code", "8 whole, 1-7 cut MLP, 0 no MLP, a-h no attention, . dropped"},
    {PAGES, "HV", "hypervolume, grows with the front; + by the last generation"},
    {PAGES, "pins", "limits that the search obeys; how many networks are within"},
    {PAGES, NULL, NULL},
};
