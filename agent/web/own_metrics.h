/*
 * The agent's own metrics as Prometheus reads them (text format 0.0.4): base units, no label that
 * grows with the number of definitions. What they say of pings and runs is the store's, so that
 * they go on over a restart.
 */
#ifndef AGENT_WEB_OWN_METRICS_H
#define AGENT_WEB_OWN_METRICS_H

#include "agent/web/page_data.h"

page_writer own_metrics_write; /* of a running agent: data->daemon is there */

#endif
