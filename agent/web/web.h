/*
 * What the running agent shows and takes over HTTP: on its unix socket always, on loopback TCP when
 * `http.listen` asks for it. One table of routes (web_routes.c) serves both.
 *
 * Over TCP everything but /healthz, /readyz, /metrics and the page's empty frame needs the token of
 * `http.token_file`, as a bearer token or as the session that the page's log-in made of it (a
 * cookie: HttpOnly, SameSite=Strict), and the Host header must name this machine's loopback; who
 * comes by the socket has been let in by its mode (0660, group `service-ping`). Answers are never
 * cached.
 */
#ifndef AGENT_WEB_WEB_H
#define AGENT_WEB_WEB_H

#include "agent/web/web_request.h"

struct web;

/* Listens by the settings of the daemon. NULL on failure, with a sentence that names the address.
 */
struct web *web_new(const struct web_request *request, struct error *err);
void web_free(struct web *web); /* before the daemon; removes the socket's file; NULL is fine */

/* Listens anew where the settings changed; what cannot be had stays as it was. Not from within a
 * handler. */
MUST_CHECK bool web_reload(struct web *web, struct error *err);

/* The daemon has changed: if other settings are in force since then, the same from the loop, with
 * failures in the log. From anywhere, as often as need be. */
void web_follow(struct web *web);

unsigned web_port(const struct web *web); /* of TCP; 0: it is not listened on */

#endif
