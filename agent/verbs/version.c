#include "agent/verbs/verb.h"
#include "agent/verbs/verbs.h"

#include <stdio.h>

int verb_version(struct verb_call *call)
{
    if (!verb_arguments(call, 0, 0))
        return EXIT_USAGE;
    (void)printf("service-ping %s\n", VERSION);
    return EXIT_DONE;
}
