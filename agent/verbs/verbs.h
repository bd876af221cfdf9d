/* What the rows of verbs.c call: one function, in a file of its own, for each verb. */
#ifndef AGENT_VERBS_VERBS_H
#define AGENT_VERBS_VERBS_H

struct verb_call;

int verb_check(struct verb_call *call);
int verb_plan(struct verb_call *call);
int verb_explain(struct verb_call *call);
int verb_grants(struct verb_call *call);
int verb_metrics(struct verb_call *call);
int verb_queries(struct verb_call *call);
int verb_doctor(struct verb_call *call);
int verb_preview(struct verb_call *call);
int verb_send(struct verb_call *call);
int verb_status(struct verb_call *call);
int verb_history(struct verb_call *call);
int verb_show(struct verb_call *call);
int verb_export(struct verb_call *call);
int verb_upload(struct verb_call *call);
int verb_import(struct verb_call *call);
int verb_recover(struct verb_call *call);
int verb_consent(struct verb_call *call);
int verb_diff(struct verb_call *call);
int verb_accept(struct verb_call *call);
int verb_track(struct verb_call *call);
int verb_run(struct verb_call *call);
int verb_receive(struct verb_call *call);
int verb_version(struct verb_call *call);
int verb_help(struct verb_call *call);

#endif
