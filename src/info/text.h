/* SPDX-License-Identifier: MIT */
/*
 * Reading lines of blank-separated fields out of text that need not be what it
 * says it is: bounded by its size, never by a NUL.
 */
#ifndef FALLOCTRACE_INFO_TEXT_H
#define FALLOCTRACE_INFO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A stretch of bytes inside somebody else's text. */
struct text {
	const char *data;
	size_t size;
};

/* Takes the next line (without its newline) off *rest. False at the end. */
bool text_line(struct text *rest, struct text *line);
/* Takes the next field off *rest: up to a blank or the end. False: nothing left, or an empty field. */
bool text_field(struct text *rest, struct text *field);
bool text_is(struct text t, const char *word);

/* Whole fields as numbers: digits only (s64: perhaps "-" before), within the type. False: not a number. */
bool text_u64(struct text t, int base, uint64_t *v);
bool text_s64(struct text t, int64_t *v);
/* "major:minor" as the kernel keeps it: major << 20 | minor. */
bool text_dev(struct text t, uint32_t *dev);

/*
 * A copy with the octal escapes of mountinfo undone (\040 is a blank); a
 * backslash without three octal digits, or with those of NUL, stays as it is.
 * NULL: memory, or a NUL among the bytes (errno ENOMEM, EINVAL).
 */
char *text_unescape(struct text t);
/* The other way: whatever is not printable ASCII, blanks and backslashes become escapes. */
void text_escape(FILE *out, const char *s);

#endif
