/*
 * What an endpoint's answer to a ping means: for the ping, and in words for the admin. Pure.
 *
 * Ours: 2xx has it. 408, 425, 429, 5xx: later; so do redirects, which are never followed: it is the
 * setting that is wrong. All else: not this ping.
 * GitLab's (its ServicePing::SubmitService): 2xx has it, if the body's conv_index, or else its
 * dev_ops_score, holds usage_data_id, an integer above 0. All else is a failed submission, which is
 * tried again.
 */
#ifndef AGENT_DELIVERY_ANSWER_H
#define AGENT_DELIVERY_ANSWER_H

#include <stdint.h>

struct arena;
struct error;
struct http_response;

enum delivery_end { DELIVERY_SENT, DELIVERY_DEFERRED, DELIVERY_REJECTED };

/* `said` is a sentence for the admin in every case; `receipt` the endpoint's answer when sent. */
struct delivery_result {
    enum delivery_end end;
    int http_status; /* 0: no answer came */
    const char *said;
    const char *receipt;
    int64_t wait_s; /* that the endpoint asks for before the next try (Retry-After); 0: none */
};

/* `endpoint` as it may be shown; all texts are in `arena`. */
typedef void answer_judge(const struct http_response *response, const char *endpoint,
                          struct arena *arena, struct delivery_result *result);

answer_judge answer_judge_ours, answer_judge_gitlab;

/* Seconds that a Retry-After asks for: a number of them, or a date, which is compared with the
 * answer's own Date or else with `now` (seconds since 1970 UTC). A week at most; 0 for nonsense. */
int64_t answer_wait_s(const char *retry_after, const char *date, int64_t now);

/* When no answer came. */
const char *answer_silence(const struct error *err, const char *endpoint, struct arena *arena);

/* A URL without the name and password that may stand in it, and without its query. */
const char *answer_shown_url(const char *url, struct arena *arena);

#endif
