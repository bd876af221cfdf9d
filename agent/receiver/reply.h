/* What posts are answered: JSON, with the headers that go with a status. */
#ifndef AGENT_RECEIVER_REPLY_H
#define AGENT_RECEIVER_REPLY_H

#include "agent/receiver/rows.h"

struct http_call;

void reply_error(struct http_call *call, int status, const char *sentence);

/* 201 or 200 with {"receipt": {...}, "conv_index": {"usage_data_id": ...}}. */
void reply_receipt(struct http_call *call, const struct intake_ping *ping,
                   const struct rows_receipt *receipt);

/* The same for a report, which has no id of a ping to give. */
void reply_report(struct http_call *call, const struct rows_receipt *receipt);

#endif
