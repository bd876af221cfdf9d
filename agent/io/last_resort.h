/*
 * The end of a process that was told to end and hangs: in a name that libpq looks up, in a file on
 * a server that is gone. No loop turns then; the process ends all the same, with 0, some time after
 * the signal. The store is safe against that, as against kill -9.
 */
#ifndef AGENT_IO_LAST_RESORT_H
#define AGENT_IO_LAST_RESORT_H

/* After loop_on_signal of the same signal, which still hears of it; until loop_free. */
void last_resort_after(int signal_number, int ms);

#endif
