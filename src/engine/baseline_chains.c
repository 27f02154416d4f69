/* Chains of the known pruning methods:
 * uniform-eh2, uniform-l1: every MLP cut alike, neurons kept by E[h^2] * ||down||^2 (Wanda-sp, in
 * An et al., FLAP, arXiv 2312.11983), or by ||gate||_1 + ||up||_1 (MultiPruner, NNCF). shortgpt:
 * layers by lowest block influence, in one shot (Men et al., arXiv 2403.03853). sleb: the layer
 * whose removal costs the least loss, again and again (Song et al., arXiv 2402.09025); the first
 * and the last layer stay, as they do there. multipruner: attention or MLP blocks by least loss
 * until 44 % of what is to be removed is, then MLP widths by least loss (Munoz et al., arXiv
 * 2501.09949). Their last 4 %, heads, have no code here and go to the widths; a step of width is an
 * eighth of a layer's MLP. */
#include "engine/baseline_chains.h"

#include "arch/plan.h"
#include "base/memory.h"

#include <math.h>

#define BLOCK_SHARE 0.44 /* of what multipruner removes */

/* The layer with its attention, if `attention`, and an MLP of so many eighths. */
static char letter_of(const struct arch_shape *shape, uint32_t layer, bool attention,
                      unsigned eighths)
{
    char letter = attention ? (char)('0' + eighths) : eighths > 0 ? (char)('a' + eighths - 1) : '.';
    return arch_code_canonical(shape, layer, letter);
}

static bool is_network(const struct arch_code *code, uint32_t layers)
{
    for (uint32_t l = 0; l < layers; l++)
        if (code->text[l] != '.')
            return true;
    return false;
}

/* ---- without a loss ---- */

static enum status uniform(const struct baseline_world *world, uint64_t most,
                           struct arch_code *code, bool *found, struct error *error)
{
    const struct arch_shape *shape = world->shape;
    struct arch_code full;
    (void)error;
    arch_code_full(shape, &full);
    *found = false;
    for (unsigned eighths = 7; eighths >= 1 && !*found; eighths--) {
        *code = full;
        for (uint32_t l = 0; l < shape->layers; l++)
            if (arch_mlp_eighths(full.text[l]) > 0)
                code->text[l] = letter_of(shape, l, arch_keeps_attention(full.text[l]), eighths);
        *found = arch_params(shape, code) <= most;
    }
    return STATUS_OK;
}

static enum status shortgpt(const struct baseline_world *world, uint64_t most,
                            struct arch_code *code, bool *found, struct error *error)
{
    const struct arch_shape *shape = world->shape;
    (void)error;
    arch_code_full(shape, code);
    *found = arch_params(shape, code) <= most;
    for (uint32_t i = 0; i + 1 < shape->layers && !*found; i++) {
        code->text[world->layer[i]] = '.';
        *found = is_network(code, shape->layers) && arch_params(shape, code) <= most;
    }
    return STATUS_OK;
}

/* ---- greedy by loss ---- */

#define CANDIDATES (2 * ARCH_MAX_LAYERS)

struct step { /* what a code may become next */
    struct arch_code code[CANDIDATES];
    double loss[CANDIDATES];
    size_t count;
};

/* Puts the candidate of least loss, the first of equals, in place of the code; false: there was
 * none. */
static enum status take_best(const struct baseline_world *world, struct step *step,
                             struct arch_code *code, bool *taken, struct error *error)
{
    size_t best = 0;
    *taken = step->count > 0;
    if (!*taken)
        return STATUS_OK;
    enum status status = world->losses(world->context, step->code, step->count, step->loss, error);
    for (size_t i = 1; status == STATUS_OK && i < step->count; i++)
        if (step->loss[i] < step->loss[best] || (isnan(step->loss[best]) && !isnan(step->loss[i])))
            best = i;
    if (status == STATUS_OK)
        *code = step->code[best];
    return status;
}

static void add(struct step *step, const struct arch_code *code, uint32_t layer, char letter)
{
    struct arch_code *next = &step->code[step->count];
    *next = *code;
    next->text[layer] = letter;
    if (letter != code->text[layer])
        step->count++;
}

/* One layer less; the first and the last stay. */
static void drop_layers(const struct arch_shape *shape, const struct arch_code *code,
                        struct step *step)
{
    step->count = 0;
    for (uint32_t l = 1; l + 1 < shape->layers; l++)
        add(step, code, l, '.');
}

/* One attention or one MLP less. */
static void drop_blocks(const struct arch_shape *shape, const struct arch_code *code,
                        struct step *step)
{
    step->count = 0;
    for (uint32_t l = 0; l < shape->layers; l++) {
        bool attention = arch_keeps_attention(code->text[l]);
        unsigned eighths = arch_mlp_eighths(code->text[l]);
        if (attention) {
            add(step, code, l, letter_of(shape, l, false, eighths));
            step->count -= !is_network(&step->code[step->count - 1], shape->layers);
        }
        if (eighths > 0) {
            add(step, code, l, letter_of(shape, l, attention, 0));
            step->count -= !is_network(&step->code[step->count - 1], shape->layers);
        }
    }
}

/* One MLP by an eighth narrower, or by as many as make a narrower one. */
static void narrow(const struct arch_shape *shape, const struct arch_code *code, struct step *step)
{
    step->count = 0;
    for (uint32_t l = 0; l < shape->layers; l++) {
        bool attention = arch_keeps_attention(code->text[l]);
        char now = code->text[l], next = now;
        for (unsigned eighths = arch_mlp_eighths(now); next == now && eighths > 1;)
            next = letter_of(shape, l, attention, --eighths);
        add(step, code, l, next);
    }
}

typedef void candidates(const struct arch_shape *shape, const struct arch_code *code,
                        struct step *step);

/* Best steps until the code has at most `most` parameters, or there are none left. */
static enum status descend(const struct baseline_world *world, candidates *propose, uint64_t most,
                           struct arch_code *code, struct error *error)
{
    bool taken = true;
    struct step *step = memory_new(1, sizeof *step, error);
    enum status status = step != NULL ? STATUS_OK : STATUS_MEMORY;
    while (status == STATUS_OK && taken && arch_params(world->shape, code) > most) {
        propose(world->shape, code, step);
        status = take_best(world, step, code, &taken, error);
    }
    memory_free(step);
    return status;
}

static enum status sleb(const struct baseline_world *world, uint64_t most, struct arch_code *code,
                        bool *found, struct error *error)
{
    arch_code_full(world->shape, code);
    enum status status = descend(world, drop_layers, most, code, error);
    *found = arch_params(world->shape, code) <= most;
    return status;
}

static uint64_t after_blocks(const struct arch_shape *shape, uint64_t most)
{
    struct arch_code full;
    arch_code_full(shape, &full);
    uint64_t all = arch_params(shape, &full);
    return most < all ? all - (uint64_t)ceil(BLOCK_SHARE * (double)(all - most)) : all;
}

static enum status multipruner(const struct baseline_world *world, uint64_t most,
                               struct arch_code *code, bool *found, struct error *error)
{
    arch_code_full(world->shape, code);
    enum status status = descend(world, drop_blocks, after_blocks(world->shape, most), code, error);
    if (status == STATUS_OK)
        status = descend(world, narrow, most, code, error);
    *found = arch_params(world->shape, code) <= most;
    return status;
}

/* ---- the table ---- */

const struct baseline_method baseline_table[] = {
    {"uniform-eh2", "all MLPs alike, neurons by E[h^2] * ||down||^2", false, false, uniform},
    {"uniform-l1", "all MLPs alike, neurons by ||gate||_1 + ||up||_1", true, false, uniform},
    {"shortgpt", "layers by block influence, in one shot", false, false, shortgpt},
    {"sleb", "layers by loss, greedily", false, true, sleb},
    {"multipruner", "blocks, then MLP widths, by loss, greedily", false, true, multipruner},
    {0},
};

/* A dry run with a loss that asks for nothing: a step's candidates cost alike, so that their number
 * depends little on which is taken. The middle ones go first, as they mostly do. */
struct dry {
    uint64_t asked;
};

static enum status count_losses(void *context, const struct arch_code *codes, size_t count,
                                double *loss, struct error *error)
{
    struct dry *dry = context;
    (void)codes;
    (void)error;
    dry->asked += count;
    for (size_t i = 0; i < count; i++)
        loss[i] = fabs((double)i - (double)count / 2);
    return STATUS_OK;
}

uint64_t baseline_losses(const struct baseline_method *method, const struct arch_shape *shape,
                         uint64_t most)
{
    struct dry dry = {0};
    struct arch_code code;
    bool found;
    const struct baseline_world world = {.shape = shape, .losses = count_losses, .context = &dry};
    if (method->losses)
        method->chain(&world, most, &code, &found, NULL);
    return dry.asked;
}
