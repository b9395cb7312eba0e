/* SPDX-License-Identifier: MIT */
/*
 * Errors travel upwards as values: a function that can fail takes a struct
 * error, fills it with one line fit for a user, and returns -1 (or NULL).
 * Only main.c prints it and turns its status into an exit status.
 */
#ifndef FALLOCTRACE_ERROR_H
#define FALLOCTRACE_ERROR_H

#include <stdio.h>

/* Exit statuses, see falloctrace(8). */
enum status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,	 /* something failed while running */
	STATUS_USAGE = 2,	 /* the command line is wrong */
	STATUS_UNSUPPORTED = 77, /* this kernel or this user can't */
};

struct error {
	enum status status;
	char text[512]; /* one line, no newline; says what to do where known */
};

/* Each fills *e and returns -1. error_errno appends ": " and strerror(errno). */
int error_set(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_errno(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_usage(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int error_unsupported(struct error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Names come from outside: makes of text, in its place, one line that steers no terminal. error_… have done so. */
void error_make_safe(char *text);
/* What is no error: "falloctrace: …", made so, in one write. Longer than 1,000 bytes: cut. */
void error_tell(FILE *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
