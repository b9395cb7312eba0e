/* SPDX-License-Identifier: MIT */
/*
 * Picks the command; prints errors; alone decides the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "kernel/caps.h"

#define STUCK_MS 2000

static int run(const struct options *o, struct error *e)
{
	static int (*const commands[CMD_COUNT])(const struct options *o, struct error *e) = {
		[CMD_TRACE] = cmd_trace,   [CMD_TOP] = cmd_top,		[CMD_RECORD] = cmd_record,
		[CMD_REPLAY] = cmd_replay, [CMD_RECOVER] = cmd_recover, [CMD_DOCTOR] = cmd_doctor,
		[CMD_PROBES] = cmd_probes, [CMD_CLEANUP] = cmd_cleanup,
	};

	switch (o->action) {
	case ACTION_HELP:
		options_help(stdout, o->command, o->command_named);
		return STATUS_OK;
	case ACTION_VERSION:
		printf("falloctrace %s\n", VERSION);
		return STATUS_OK;
	case ACTION_COLUMNS:
		options_columns(stdout);
		return STATUS_OK;
	case ACTION_RUN:
		break;
	}
	return commands[o->command](o, e);
}

/* One write a message, so that it isn't torn apart by the traced command's own. */
static void complain(const struct error *e)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char line[sizeof(e->text) + 32];
	int n = snprintf(line, sizeof(line), "falloctrace: %s\n", e->text);

	/* A terminal that takes nothing must not keep us from ending. */
	if (poll(&p, 1, STUCK_MS) == 1)
		fwrite(line, 1, (size_t)n, stderr);
}

static int usage_error(const struct options *o, const struct error *e)
{
	complain(e);
	fprintf(stderr, "Try 'falloctrace %s%s--help' for more.\n", o->command_named ? command_name(o->command) : "",
		o->command_named ? " " : "");
	return STATUS_USAGE;
}

/*
 * A descriptor 0, 1 or 2 that is closed would be given to the next file opened,
 * which then gets our messages. Opened the wrong way round, so that using it
 * still fails.
 */
static void keep_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	struct error e = {0}, late;
	struct options o;
	int status;

	keep_standard_files();
	signal(SIGPIPE, SIG_IGN); /* a write that fails says so itself */
	signal(SIGXFSZ, SIG_IGN); /* … with ulimit -f, too */
	if (options_parse(&o, argc, argv, &e) < 0) {
		status = e.status == STATUS_USAGE ? usage_error(&o, &e) : (complain(&e), (int)e.status);
		options_free(&o);
		return status;
	}
	o.confined = true;
	status = caps_rest(&e) ? -1 : run(&o, &e);
	if (status < 0) {
		complain(&e);
		status = e.status ? (int)e.status : STATUS_ERROR;
		fclose(stdout);
	} else if (output_close_stdout(&late) < 0) {
		complain(&late);
		status = STATUS_ERROR;
	}
	options_free(&o);
	return status;
}
