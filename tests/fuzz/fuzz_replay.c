/* SPDX-License-Identifier: MIT */
/*
 * The command itself, from its arguments to what it prints. The input is a
 * file; its last byte, which lies behind all that a file's parts tell of, chooses
 * the arguments.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/options.h"
#include "fuzz.h"

#define MEMORY_BASE (64 << 20)
#define MEMORY_TIMES 16
#define ARGS_MAX 12

struct way {
	enum watch_kind kind;
	const char *args[ARGS_MAX];
	unsigned files;
};

static const struct way ways[] = {
	{WATCH_TEXT, {"--time=utc"}, 1},
	{WATCH_JSON, {"--json"}, 1},
	{WATCH_TEXT, {"--nested", "--human", "--time=delta"}, 1},
	{WATCH_JSON, {"--json", "--nested", "--op=extend,punch,keep,invalid,zero"}, 1},
	{WATCH_TEXT, {"--check"}, 1},
	{WATCH_TEXT, {"-s"}, 1},
	{WATCH_TEXT, {"--time=raw", "-f", "-p1,2,3,1000", "-P*", "-m1us"}, 1},
	{WATCH_JSON, {"--json", "-s"}, 1},
	{WATCH_TEXT, {"--time=relative"}, 2},
	{WATCH_JSON, {"--json", "-q"}, 2},
	{WATCH_TEXT, {"-s", "--by=file"}, 2},
	{WATCH_TEXT, {"--check"}, 2},
	{WATCH_TEXT, {"--format=openmetrics"}, 1},
	{WATCH_TEXT, {"--format=openmetrics", "--nested", "-i1s"}, 2},
	{WATCH_TEXT, {"--findings", "--human", "--time=utc"}, 1},
	{WATCH_JSON, {"--json", "--findings", "--nested", "-s", "-i10ms"}, 2},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* As main does. */
static int run(const struct way *way, char *path, struct error *e)
{
	char *argv[ARGS_MAX + 4] = {(char *)(uintptr_t) "falloctrace", (char *)(uintptr_t) "replay"};
	struct options o;
	int argc = 2, ret;

	for (unsigned i = 0; way->args[i]; i++)
		argv[argc++] = (char *)(uintptr_t)way->args[i];
	for (unsigned i = 0; i < way->files; i++)
		argv[argc++] = path;
	if (options_parse(&o, argc, argv, e))
		finding("%s", e->text);
	ret = cmd_replay(&o, e);
	options_free(&o);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct watch *out, *err;
	FILE *real_out = stdout, *real_err = stderr;
	const struct way *way = &ways[size ? data[size - 1] % WAYS : 0];
	struct error e = {.text = ""};
	char path[64];
	int ret;

	if (!out) {
		out = watch_new(WATCH_TEXT);
		err = watch_new(WATCH_TEXT);
	}
	snprintf(path, sizeof(path), "%s", input_file(data, size));
	stdout = watch_begin(out, way->kind);
	stderr = watch_begin(err, WATCH_TEXT);
	memory_begin(MEMORY_BASE, MEMORY_TIMES, size);
	ret = run(way, path, &e);
	memory_end();
	stdout = real_out;
	stderr = real_err;
	watch_end(out, true);
	watch_end(err, false);
	if (ret < 0 && !e.text[0])
		finding("it fails without a word");
	if (ret < 0)
		watch_text(e.text);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_in_place(data, size, room, seed);
}
