/* SPDX-License-Identifier: MIT */
/*
 * Bytes as an expression of --where: refused in one line, or asked of some calls,
 * where what it says of each agrees with what its negation and its double say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/filter.h"
#include "fuzz.h"

#define CALLS 6

/* All is known; nothing is; extremes; names that are none; failed; a nested one. */
static void make_calls(struct call *calls)
{
	static const struct call whole = {
		.host = "db1",
		.has_start = true,
		.has_end = true,
		.start = 1000,
		.end = 36120,
		.has_utc = true,
		.utc = INT64_C(1795425302123456789),
		.tid = 43,
		.pid = 42,
		.uid = 107,
		.comm = "postgres",
		.via = VIA_SYSCALL,
		.caller = "__x64_sys_fallocate",
		.has_fd = true,
		.fd = 7,
		.has_mode = true,
		.mode = 3,
		.op = OP_PUNCH,
		.has_offset = true,
		.offset = 4096,
		.has_len = true,
		.len = 8192,
		.has_ret = true,
		.has_dev = true,
		.has_ino = true,
		.ino = 131,
		.fs = "ext4",
		.path = "/var/lib/db/16384",
		.size_before_known = SEEN,
		.size_after_known = DERIVED,
		.blocks_before_known = SEEN,
		.blocks_after_known = SEEN,
		.size_before = 1048576,
		.size_after = 1048576,
		.blocks_before = 2048,
		.blocks_after = 2032,
	};

	for (int i = 0; i < CALLS; i++)
		calls[i] = whole;
	calls[1] = (struct call){.host = "", .tid = 7, .pid = -1, .uid = -1, .cpu = -1, .op = OP_COUNT};
	calls[2].utc = INT64_MIN;
	calls[2].offset = calls[2].size_before = INT64_MIN;
	calls[2].len = calls[2].size_after = INT64_MAX;
	calls[2].blocks_after = calls[2].ino = calls[2].end = UINT64_MAX;
	calls[2].mode = UINT32_MAX;
	calls[2].op = OP_INVALID;
	calls[2].ret = INT64_MIN;
	memset(calls[3].comm, '\xff', sizeof(calls[3].comm));
	memset(calls[3].caller, '\x1b', sizeof(calls[3].caller) - 1);
	strcpy(calls[3].path, "a\\*[?\xe2\x80\xae/\n");
	calls[4].ret = -ENOSPC;
	calls[4].has_utc = false;
	calls[5].depth = 1;
	calls[5].odd = ODD_NESTED | ODD_ORPHAN;
	calls[5].via = VIA_OVERLAY;
}

/* "!(…)" or "(…)&&(…)"; NULL: that is longer, or deeper, than an expression may be. */
static struct filter *other(struct filter *f, bool negated, const char *text)
{
	static char longer[3 * 4096];
	struct error e = {.text = ""};

	filter_init(f);
	if (negated)
		snprintf(longer, sizeof(longer), "!(%s)", text);
	else
		snprintf(longer, sizeof(longer), "(%s)&&(%s)", text, text);
	if (!filter_add_where(f, longer, &e))
		return f;
	if (!strstr(e.text, "longer than") && !strstr(e.text, "more than"))
		finding("%s: %s", longer, e.text);
	return NULL;
}

static void ask(const struct filter *f, const char *text)
{
	static struct call calls[CALLS];
	struct filter without, twice;
	struct filter *not = other(&without, true, text), *both = other(&twice, false, text);

	make_calls(calls);
	for (int i = 0; i < CALLS; i++) {
		bool holds = filter_match(f, &calls[i], NULL);

		if (not &&holds && filter_match(not, &calls[i], NULL))
			finding("call %d is, and is not: %s", i, text);
		if (both && holds != filter_match(both, &calls[i], NULL))
			finding("call %d is once, or is twice: %s", i, text);
	}
	filter_free(&without);
	filter_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e = {.text = ""};
	char *text = malloc(size + 1);
	struct filter f;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	filter_init(&f);
	memory_begin(1 << 20, 1024, size);
	if (filter_add_where(&f, text, &e)) {
		watch_text(e.text);
		if (e.status != STATUS_USAGE || (!strstr(e.text, "column ") && !strstr(e.text, "expression is")))
			finding("'%s' is said of %s", e.text, text);
	} else {
		ask(&f, text);
	}
	filter_free(&f);
	memory_end();
	free(text);
	return 0;
}
