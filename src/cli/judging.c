/* `paretop report`: a run judged on questions that its search has not seen. */
#include "cli/judging.h"

#include "base/memory.h"
#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "engine/run.h"
#include "search/correlation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- agreement ---- */

static bool seen_before(const struct judgement *j, size_t index)
{
    const struct judged_network *own = &j->network[index];
    for (size_t i = 0; i < index; i++)
        if (j->network[i].magnitude == own->magnitude &&
            arch_code_equal(&j->network[i].row.code, &own->row.code))
            return true;
    return false;
}

enum status judging_taus(const struct judgement *j, struct judged_taus *taus, struct error *error)
{
    double *column = memory_new(4 * j->count, sizeof *column, error);
    *taus = (struct judged_taus){.acc = NAN, .acc_est = NAN, .choice_nll = NAN};
    if (column == NULL)
        return STATUS_MEMORY;
    double *heldout = column, *acc = heldout + j->count, *est = acc + j->count,
           *nll = est + j->count;
    size_t n = 0;
    for (size_t i = 0; i < j->count; i++) {
        if (seen_before(j, i))
            continue;
        heldout[n] = j->judged[i].heldout;
        acc[n] = j->judged[i].seen;
        est[n] = j->network[i].estimate;
        nll[n++] = -j->network[i].row.value[OBJECTIVE_CHOICE_NLL];
    }
    taus->networks = n;
    taus->acc = kendall_tau(acc, heldout, n);
    taus->acc_est = kendall_tau(est, heldout, n);
    taus->choice_nll = kendall_tau(nll, heldout, n);
    memory_free(column);
    return STATUS_OK;
}

/* ---- JSON ---- */

static json_t *network_json(const struct judgement *j, size_t index)
{
    const struct judged_network *network = &j->network[index];
    const struct judged *judged = &j->judged[index];
    const struct heldout_row *heldout = &network->heldout;
    return json_pack(
        "{s:I,s:s,s:s,s:s,s:b,s:b,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b}", "id",
        (json_int_t)network->row.id, "code", network->row.code.text, "class", judged->origin,
        "order", network->magnitude ? "magnitude" : "importance", "base", judged->base, "front",
        judged->front, "bytes", report_number(judged->bytes), "params",
        report_number(judged->params), "n", (json_int_t)network->row.n, "acc",
        report_number(judged->seen), "stderr", report_number(judged->seen_error), "acc_est",
        report_number(network->estimate), "acc_est_stderr", report_number(network->estimate_error),
        "choice_nll", report_number(network->row.value[OBJECTIVE_CHOICE_NLL]), "heldout",
        report_number(judged->heldout), "heldout_stderr", report_number(judged->heldout_error),
        "heldout_choice_nll", report_number(heldout->choice_nll), "difference",
        report_number(judged->seen - judged->heldout), "near_base",
        judged_near_base(j->judged, j->count, index), "stands",
        judged_stands(j->judged, j->count, index));
}

static json_t *pick_json(const struct judgement *j, size_t index)
{
    const struct judged *judged = &j->judged[index];
    return json_pack("{s:s,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "class", judged->origin, "id",
                     (json_int_t)j->network[index].row.id, "code", j->network[index].row.code.text,
                     "bytes", report_number(judged->bytes), "params", report_number(judged->params),
                     "acc", report_number(judged->seen), "stderr",
                     report_number(judged->seen_error), "heldout", report_number(judged->heldout),
                     "heldout_stderr", report_number(judged->heldout_error));
}

static json_t *sizes_json(const struct judgement *j)
{
    json_t *list = json_array();
    size_t base = judged_base(j->judged, j->count);
    for (size_t s = 0; base != SIZE_MAX && s < judged_sizes_count; s++) {
        const struct judged_size *size = &judged_sizes[s];
        double whole = size->bytes ? j->judged[base].bytes : j->judged[base].params;
        json_t *picks = json_array();
        for (size_t i = 0; i < j->count; i++) {
            if (!judged_first_of(j->judged, i))
                continue;
            size_t pick =
                judged_pick(j->judged, j->count, j->judged[i].origin, size, size->part * whole);
            if (pick != SIZE_MAX)
                json_array_append_new(picks, pick_json(j, pick));
        }
        json_array_append_new(list, json_pack("{s:s,s:o,s:o,s:o}", "what", size->what, "part",
                                              report_number(size->part), "most",
                                              report_number(size->part * whole), "picks", picks));
    }
    return list;
}

static json_t *luck_json(const struct judgement *j, bool known)
{
    struct luck luck = judged_luck(j->judged, j->count, known);
    return json_pack("{s:I,s:o,s:o,s:o}", "networks", (json_int_t)luck.networks, "front",
                     report_number(luck.front), "base", report_number(luck.base), "luck",
                     report_number(luck.luck));
}

static json_t *as_json(const struct judgement *j, const char *directory,
                       const struct judged_taus *taus)
{
    json_t *networks = json_array();
    for (size_t i = 0; i < j->count; i++)
        json_array_append_new(networks, network_json(j, i));
    return json_pack("{s:o,s:o,s:{s:o,s:s,s:I},s:o,s:{s:I,s:o,s:o,s:o},s:o,s:o,s:o}", "model",
                     report_text(j->model_name), "run", report_text(directory), "heldout", "name",
                     report_text(j->task), "sha256", j->sha256, "n", (json_int_t)j->items,
                     "networks", networks, "tau", "networks", (json_int_t)taus->networks, "acc",
                     report_number(taus->acc), "acc_est", report_number(taus->acc_est),
                     "choice_nll", report_number(taus->choice_nll), "luck", luck_json(j, false),
                     "luck_est", j->estimated ? luck_json(j, true) : json_null(), "sizes",
                     sizes_json(j));
}

/* ---- the command ---- */

static enum status print(const struct options *options, const char *directory, bool one_line,
                         const struct judgement *judgement, int *result, struct error *error)
{
    struct judged_taus taus;
    if (command_takes(options->command, OPTION_CSV) && option_given(options, OPTION_CSV))
        return judging_print_csv(judgement, error);
    if (!option_given(options, OPTION_JSON)) {
        judging_print_text(judgement, directory);
        return STATUS_OK;
    }
    enum status status = judging_taus(judgement, &taus, error);
    if (status == STATUS_OK)
        *result = report_json(as_json(judgement, directory, &taus), one_line);
    return status;
}

int judging_report(const struct options *options, const char *directory, bool one_line, bool all)
{
    struct telling telling = {.options = options};
    struct judgement judgement;
    struct error error = {0};
    const struct judge_options wanted = {
        .directory = directory,
        .heldout = option_text(options, OPTION_HELDOUT, NULL),
        .limit = all ? 0 : (size_t)option_integer(options, OPTION_LIMIT, 0),
        .threads = (unsigned)option_integer(options, OPTION_THREADS, 0),
        .memory = loaded_memory(options),
        .cache = loaded_cache(options),
        .listener = telling_listener(&telling),
    };
    int result = EXIT_DONE;
    telling_start(&telling, "judging");
    enum status status = judge_run(&wanted, &judgement, &error);
    progress_clear(&telling.progress);
    if (status == STATUS_OK)
        status = print(options, directory, one_line, &judgement, &result, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, judgement.began);
    judgement_release(&judgement);
    return result;
}

int command_report(const struct options *options)
{
    struct error error = {0};
    enum status status = report_one_format(options, &error);
    if (status != STATUS_OK)
        return report_failure(status, &error, false);
    return judging_report(options, options->argument[0], false, false);
}
