/* SPDX-License-Identifier: MIT */
/*
 * For the tests of the traced command and of the loop that waits for it: a
 * directory of the test's own, and what is run in it.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_WORK_H
#define FALLOCTRACE_TESTS_UNIT_WORK_H

/* Those that ask us to end */
extern const int ending_signals[4];

/* Before any test: of signals and environment, what the tests count on. */
void work_begin(void);
/* The directory comes and goes with a test; so do blocked signals. */
int work_setup(void **state);
int work_teardown(void **state);
const char *work_dir(void);
/* Good for the next three. */
char *work_path(const char *name);
void work_write(const char *name, const char *text);
/* Good until the next one. */
const char *work_read(const char *name);
void sleep_ms(long ms);

/* An argv; words behind the first NULL are not looked at. Good until the next one is asked for. */
char **argv_of(const char *a, const char *b, const char *c);

#endif
