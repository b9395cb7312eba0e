/* SPDX-License-Identifier: MIT */
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "work.h"

const int ending_signals[4] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static char dir[64];

char *work_path(const char *name)
{
	static char p[4][128];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(p[turn], sizeof(p[turn]), "%s/%s", dir, name);
	return p[turn];
}

void work_write(const char *name, const char *text)
{
	FILE *f = fopen(work_path(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

const char *work_read(const char *name)
{
	static char text[4096];
	FILE *f = fopen(work_path(name), "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

int work_setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/falloctrace_test.XXXXXX");
	return !mkdtemp(dir);
}

static int remove_one(const char *file, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(file);
}

int work_teardown(void **state)
{
	sigset_t none;

	(void)state;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

char **argv_of(const char *a, const char *b, const char *c)
{
	const char *const given[] = {a, b, c, NULL};
	static char words[3][256], *argv[4];

	memset(argv, 0, sizeof(argv));
	for (int i = 0; given[i]; i++) {
		snprintf(words[i], sizeof(words[i]), "%s", given[i]);
		argv[i] = words[i];
	}
	return argv;
}

const char *work_dir(void)
{
	return dir;
}

void work_begin(void)
{
	/* A job in the background has some of these ignored, and ours stay so. */
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++)
		signal(ending_signals[i], SIG_DFL);
	/* As root by way of sudo the commands would run as somebody else. */
	unsetenv("SUDO_UID");
}
