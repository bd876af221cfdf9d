#include "metrics/key_batch.h"

#include "agent/base/clock.h"

#include <stdlib.h>
#include <string.h>

#define MOST_QUESTIONS 100 /* up to 1.6 MB of registers */
#define MOST_USES      1000

static const enum key_form form_of_fold[] = {
    [FOLD_UNION] = FORM_SKETCH, [FOLD_INTERSECTION] = FORM_SKETCH, [FOLD_COUNT] = FORM_COUNTER,
    [FOLD_SUM] = FORM_COUNTER,  [FOLD_TOTALS] = FORM_HASH,
};

/* A question of the batch. */
struct asking {
    const struct key_question *question;
    struct key_tally tally;
    size_t left; /* keys that are not closed */
    bool failed;
    struct error err; /* the first fault */
};

/* That a question needs a key; the uses of one key stand side by side. */
struct key_use {
    enum key_form form;
    const char *key;
    const char *identifier;
    unsigned set;
    struct asking *asking;
};

void key_batch_init(struct key_batch *batch, key_answered *answered, void *arg)
{
    *batch = (struct key_batch){.arena = arena_new(), .answered = answered, .arg = arg};
}

void key_batch_release(struct key_batch *batch)
{
    arena_free(batch->arena);
}

static int compare_uses(const void *a, const void *b)
{
    const struct key_use *left = a, *right = b;

    if (left->form != right->form)
        return left->form < right->form ? -1 : 1;
    return strcmp(left->key, right->key);
}

static size_t set_count(const struct key_question *question)
{
    return question->sets != NULL ? question->sets[question->count - 1] + 1 : 1;
}

static struct key_use *add_uses(struct key_batch *batch, struct key_use *uses,
                                const struct key_question *question)
{
    struct asking *asking = ARENA_NEW(batch->arena, struct asking);

    asking->question = question;
    asking->left = question->count;
    key_tally_init(&asking->tally, question->fold, set_count(question), batch->arena);
    for (size_t i = 0; i < question->count; i++, uses++) {
        *uses = (struct key_use){
            .form = form_of_fold[question->fold], .key = question->keys[i], .asking = asking};
        if (question->sets != NULL)
            uses->set = question->sets[i];
        if (question->identifiers != NULL) {
            uses->identifier = question->identifiers[i];
            key_tally_add_identifier(&asking->tally, uses->identifier);
        }
    }
    return uses;
}

static void join_uses(struct key_batch *batch, const struct key_use *uses, size_t use_count)
{
    struct wanted_key *keys = ARENA_ARRAY(batch->arena, struct wanted_key, use_count);

    batch->keys = keys;
    batch->key_count = 0;
    for (size_t i = 0; i < use_count; i++) {
        if (i == 0 || compare_uses(&uses[i - 1], &uses[i]) != 0)
            keys[batch->key_count++] =
                (struct wanted_key){.name = uses[i].key, .form = uses[i].form, .uses = &uses[i]};
        keys[batch->key_count - 1].use_count++;
    }
}

size_t key_batch_fill(struct key_batch *batch, const struct key_question *questions, size_t count)
{
    size_t use_count = 0, taken = 0;
    struct key_use *uses, *end;

    arena_reset(batch->arena);
    while (taken < count && taken < MOST_QUESTIONS &&
           (taken == 0 || use_count + questions[taken].count <= MOST_USES))
        use_count += questions[taken++].count;
    uses = ARENA_ARRAY(batch->arena, struct key_use, use_count);
    end = uses;
    for (size_t i = 0; i < taken; i++)
        end = add_uses(batch, end, &questions[i]);
    qsort(uses, use_count, sizeof uses[0], compare_uses);
    join_uses(batch, uses, use_count);
    batch->question_count = taken;
    batch->began_us = now_monotonic_us();
    return taken;
}

static void fail(struct asking *asking, const struct error *err)
{
    if (asking->failed)
        return;
    asking->failed = true;
    asking->err = *err;
}

void key_batch_fail(struct key_batch *batch, const struct wanted_key *key, const struct error *err)
{
    (void)batch;
    for (size_t i = 0; i < key->use_count; i++)
        fail(key->uses[i].asking, err);
}

void key_batch_add(struct key_batch *batch, const struct wanted_key *key, const char *text,
                   size_t length)
{
    (void)batch;
    for (size_t i = 0; i < key->use_count; i++) {
        struct asking *asking = key->uses[i].asking;
        struct error err;

        if (asking->failed || key_tally_add(&asking->tally, key->uses[i].set, text, length, &err))
            continue;
        (void)error_add_context(&err, "the key %s", key->name);
        fail(asking, &err);
    }
}

void key_batch_add_field(struct key_batch *batch, const struct wanted_key *key, const char *field,
                         const char *text, size_t length)
{
    (void)batch;
    for (size_t i = 0; i < key->use_count; i++) {
        struct asking *asking = key->uses[i].asking;
        struct error err;

        if (asking->failed ||
            key_tally_add_field(&asking->tally, key->uses[i].identifier, field, text, length, &err))
            continue;
        (void)error_add_context(&err, "the key %s, field '%s'", key->name, field);
        fail(asking, &err);
    }
}

static void answer(struct key_batch *batch, struct asking *asking)
{
    struct outcome outcome = asking->failed ? outcome_from_error(&asking->err, batch->arena)
                                            : key_tally_outcome(&asking->tally);

    outcome.took_us = (now_monotonic_us() - batch->began_us) / (int64_t)batch->question_count;
    batch->answered(asking->question, &outcome, batch->arg);
}

void key_batch_close(struct key_batch *batch, const struct wanted_key *key)
{
    for (size_t i = 0; i < key->use_count; i++)
        if (--key->uses[i].asking->left == 0)
            answer(batch, key->uses[i].asking);
}
