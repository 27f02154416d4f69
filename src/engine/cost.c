/* Tables of costs as JSON, and what their predictions are worth. */
#include "engine/cost.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHECK_SECONDS 60.0

static const char *const workload_name[COST_WORKLOADS] = {"decode", "prompt"};

/* ---- JSON ---- */

static void set_seconds(json_t *object, const double seconds[COST_WORKLOADS])
{
    for (int w = 0; w < COST_WORKLOADS; w++)
        json_object_set_new(object, workload_name[w], json_real(seconds[w]));
}

static json_t *check_json(const struct cost_check *check)
{
    json_t *mean = json_object(), *worst = json_object();
    set_seconds(mean, check->mean);
    set_seconds(worst, check->worst);
    return json_pack("{s:I,s:o,s:o}", "networks", (json_int_t)check->networks, "mean_error", mean,
                     "worst_error", worst);
}

json_t *cost_json(const struct cost_table *table, const struct cost_check *check)
{
    json_t *attention = json_array(), *mlp = json_array(), *ends = json_object();
    set_seconds(ends, table->ends);
    for (uint32_t i = 0; i < table->attentions; i++) {
        const struct cost_attention *part = &table->attention[i];
        json_t *object = json_pack("{s:I,s:I}", "heads", (json_int_t)part->heads, "kv_heads",
                                   (json_int_t)part->kv_heads);
        set_seconds(object, part->seconds);
        json_array_append_new(attention, object);
    }
    for (uint32_t i = 0; i < table->mlps; i++) {
        json_t *object = json_pack("{s:I}", "width", (json_int_t)table->mlp[i].width);
        set_seconds(object, table->mlp[i].seconds);
        json_array_append_new(mlp, object);
    }
    json_t *value =
        json_pack("{s:s,s:I,s:I,s:I,s:s,s:o,s:o,s:o}", "unit", "s", "threads", (json_int_t)1,
                  "context", (json_int_t)table->context, "prompt", (json_int_t)table->prompt,
                  "precision", table->precision, "ends", ends, "attention", attention, "mlp", mlp);
    if (check->networks > 0)
        json_object_set_new(value, "check", check_json(check));
    return value;
}

static bool read_u32(const json_t *object, const char *name, uint32_t *to)
{
    const json_t *value = json_object_get(object, name);
    json_int_t number = json_integer_value(value);
    *to = (uint32_t)number;
    return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
}

static bool read_seconds(const json_t *object, double seconds[COST_WORKLOADS])
{
    bool read = true;
    for (int w = 0; w < COST_WORKLOADS; w++) {
        const json_t *value = json_object_get(object, workload_name[w]);
        seconds[w] = json_number_value(value);
        read = read && json_is_number(value);
    }
    return read;
}

static bool read_table(const json_t *value, struct cost_table *table)
{
    const json_t *attention = json_object_get(value, "attention");
    const json_t *mlp = json_object_get(value, "mlp");
    const char *precision = json_string_value(json_object_get(value, "precision"));
    bool read =
        read_u32(value, "context", &table->context) && read_u32(value, "prompt", &table->prompt) &&
        precision != NULL && read_seconds(json_object_get(value, "ends"), table->ends) &&
        json_array_size(attention) <= ARCH_MAX_LAYERS && json_array_size(mlp) <= COST_WIDTHS_MAX;
    if (!read)
        return false;
    snprintf(table->precision, sizeof table->precision, "%s", precision);
    table->attentions = (uint32_t)json_array_size(attention);
    table->mlps = (uint32_t)json_array_size(mlp);
    for (uint32_t i = 0; read && i < table->attentions; i++) {
        const json_t *part = json_array_get(attention, i);
        read = read_u32(part, "heads", &table->attention[i].heads) &&
               read_u32(part, "kv_heads", &table->attention[i].kv_heads) &&
               read_seconds(part, table->attention[i].seconds);
    }
    for (uint32_t i = 0; read && i < table->mlps; i++) {
        const json_t *part = json_array_get(mlp, i);
        read = read_u32(part, "width", &table->mlp[i].width) &&
               read_seconds(part, table->mlp[i].seconds);
    }
    return read;
}

static bool read_check(const json_t *value, struct cost_check *check)
{
    *check = (struct cost_check){0};
    return value == NULL || (read_u32(value, "networks", &check->networks) &&
                             read_seconds(json_object_get(value, "mean_error"), check->mean) &&
                             read_seconds(json_object_get(value, "worst_error"), check->worst));
}

enum status cost_read(const json_t *value, const struct arch_shape *shape, struct cost_table *table,
                      struct cost_check *check, struct error *error)
{
    memset(table, 0, sizeof *table);
    if (read_table(value, table) && cost_table_fits(table, shape) &&
        read_check(json_object_get(value, "check"), check))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "\"cost\" is no table of what this model's parts cost");
}

/* ---- the check ---- */

enum status cost_check(struct supernet *supernet, const struct space *space, uint64_t seed,
                       const struct timing_options *options, const struct cost_table *table,
                       struct cost_check *check, struct error *error)
{
    struct rng rng;
    double start = clock_seconds();
    enum status status = STATUS_OK;
    *check = (struct cost_check){0};
    rng_init(&rng, seed, "cost check", 0);
    while (status == STATUS_OK && check->networks < COST_CHECKED &&
           (check->networks == 0 || clock_seconds() - start < CHECK_SECONDS)) {
        struct genome genome;
        struct arch_code code;
        double seconds[COST_WORKLOADS];
        space_random(space, &rng, &genome);
        if (!space_decode(space, &genome, &code))
            continue;
        status = timing_network(supernet, &code, options, table, seconds, error);
        for (int w = 0; status == STATUS_OK && w < COST_WORKLOADS; w++) {
            double wanted = cost_seconds(table, space->shape, &code, (enum cost_workload)w);
            double wrong = fabs(wanted - seconds[w]) / seconds[w];
            check->mean[w] += wrong;
            check->worst[w] = wrong > check->worst[w] ? wrong : check->worst[w];
        }
        check->networks++;
        if (status == STATUS_OK && options->progress != NULL &&
            options->progress(options->context, check->networks / (double)COST_CHECKED) != 0)
            status = error_set(error, STATUS_CANCELLED, "stopped");
    }
    for (int w = 0; w < COST_WORKLOADS; w++)
        check->mean[w] /= check->networks;
    return status;
}

const char *cost_check_text(const struct cost_check *check, char *out, size_t size)
{
    snprintf(out, size,
             "latency of %u random network%s predicted within %.1f %% on average, %.1f %% at worst "
             "(prompts: %.1f %%, %.1f %%)",
             check->networks, check->networks == 1 ? "" : "s", 100 * check->mean[COST_DECODE],
             100 * check->worst[COST_DECODE], 100 * check->mean[COST_PROMPT],
             100 * check->worst[COST_PROMPT]);
    return out;
}
