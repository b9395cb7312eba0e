/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. Each target is a program: fuzz_NAME.c has its
 * LLVMFuzzerTestOneInput, and is linked with libFuzzer (FUZZ=1) or with
 * standalone.c, which runs it over files. A finding is an abort.
 */
#ifndef FALLOCTRACE_TESTS_FUZZ_FUZZ_H
#define FALLOCTRACE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/event.h"
#include "falloctrace/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/* Says what is wrong, and aborts. */
void finding(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The input as a file without a name: its path, which stays the same. */
const char *input_file(const uint8_t *data, size_t size);

/*
 * From now on what is allocated and not freed is counted, and more than base +
 * times * size bytes are a finding. Without ASan nothing is counted.
 */
void memory_begin(size_t base, size_t times, size_t size);
void memory_end(void);

/* The byte order and the long of a kernel, of two bits. */
struct page_format page_format_of(unsigned bits);

/* Each of a decoded event's texts lies in the record. */
void check_event(const struct event *ev, const void *record, size_t size);
/* Reads each byte, so that a sanitizer sees it. */
void touch(const void *data, size_t size);

/* --- watch.c: streams whose bytes are looked at --- */
enum watch_kind {
	WATCH_TEXT, /* well-formed UTF-8 that steers no terminal */
	WATCH_JSON, /* that, and each line is one JSON value */
};
struct watch;
struct watch *watch_new(enum watch_kind kind);
/* Starts afresh; the stream is the watch's, and lives as long. */
FILE *watch_begin(struct watch *w, enum watch_kind kind);
/* Flushes; what is cut off in the middle of a line is a finding if whole. Returns the bytes written. */
uint64_t watch_end(struct watch *w, bool whole);
/* A line of its own, without the newline. */
void watch_text(const char *text);

/* --- mutate.c: for formats in which most of the bytes have their place --- */
size_t mutate_in_place(uint8_t *data, size_t size, size_t room, unsigned seed);

/* --- events.c: formats that kernels print for the events that we know --- */
struct sample_event {
	const char *system, *name;
	int id;
	const char *fields; /* declarations, a '|' between two */
};
extern const struct sample_event sample_events[];
extern const size_t sample_events_count;
/* Text of events/SYSTEM/NAME/format. Returns its length. */
size_t sample_format(const struct sample_event *k, int long_size, char *buf, size_t room);

#endif
