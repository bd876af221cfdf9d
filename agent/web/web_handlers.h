/* The handlers of the table in web_routes.c. For the files of agent/web alone. */
#ifndef AGENT_WEB_WEB_HANDLERS_H
#define AGENT_WEB_WEB_HANDLERS_H

#include "agent/web/page_data.h"
#include "agent/web/web_route.h"

/* What is shown is the agent's as it is now; `daemon` is filled for it. */
void web_data(struct web_call *call, struct daemon_status *daemon, struct page_data *data);

/* Answers with what is written of it, or 500 and why it could not be. */
void web_show(struct web_call *call, page_writer *write, const char *type);

/* What admins do (web_acts.c). */
web_handler web_give_consent, web_accept, web_send, web_begin_session, web_end_session;

/* Pings that are carried by hand (web_carry.c): the file of a receipt, and {"ping_id"}. */
web_handler web_keep_receipt, web_note_export;

/* GitLab's paths (web_gitlab.c). */
web_handler web_service_ping, web_queries, web_non_sql_metrics, web_metric_definitions;

#endif
