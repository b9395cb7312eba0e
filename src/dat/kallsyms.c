/* SPDX-License-Identifier: MIT */
/*
 * Names of addresses out of a file's kallsyms: lines of "address type name",
 * megabytes of them, of which a few are wanted. An index of addresses is made
 * once; names stay in the file.
 */
#include <stdlib.h>
#include <string.h>

#include "info/text.h"
#include "reader.h"

#define SYMBOLS_MAX (1 << 20)  /* a kernel with modules has about 200,000 */
#define BLOCK_SIZE (64 * 1024) /* read at once; a line that is longer is none */
#define NAME_MAX_SIZE 128
/*
 * No function is longer: behind one that seems to be, there is something that
 * kallsyms does not name.
 */
#define FUNCTION_MAX (64 * 1024)

struct place {
	uint64_t addr;
	uint64_t name_at; /* in the file */
};

struct symbol_index {
	struct place *list;
	size_t count;
};

void symbol_index_free(struct symbol_index *index)
{
	if (!index)
		return;
	free(index->list);
	free(index);
}

/* Lines that are no symbol are passed over, addresses hidden by kptr_restrict as well. False: memory. */
static bool add_line(struct symbol_index *index, struct text line, uint64_t at)
{
	const char *start = line.data;
	struct text addr, type;
	struct place *list;
	uint64_t n;

	if (!text_field(&line, &addr) || !text_u64(addr, 16, &n) || !n || !text_field(&line, &type) || !line.size ||
	    index->count >= SYMBOLS_MAX)
		return true;
	list = grow_array(index->list, index->count, sizeof(*list));
	if (!list)
		return false;
	index->list = list;
	list[index->count++] = (struct place){n, at + (uint64_t)(line.data - start)};
	return true;
}

/* Takes the whole lines of a block: how many bytes they are. -1: memory. */
static ssize_t add_block(struct symbol_index *index, const char *block, size_t size, uint64_t at, bool last)
{
	const char *end = last ? block + size : memrchr(block, '\n', size);
	struct text rest = {block, size}, line;

	if (!end)
		return (ssize_t)size;
	if (!last)
		rest.size = (size_t)(end - block) + 1;
	while (text_line(&rest, &line))
		if (!add_line(index, line, at + (uint64_t)(line.data - block)))
			return -1;
	return rest.data - block;
}

static int by_address(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static int scan(struct symbol_index *index, struct extent text, char *block)
{
	uint64_t at = text.at, end = text.at + text.size;
	struct error e;

	while (at < end) {
		size_t size = end - at < BLOCK_SIZE ? (size_t)(end - at) : BLOCK_SIZE;
		ssize_t used;

		if (file_read(text.file, at, block, size, &e))
			return -1;
		used = add_block(index, block, size, at, at + size == end);
		if (used < 0)
			return -1;
		at += (uint64_t)used;
	}
	if (index->count)
		qsort(index->list, index->count, sizeof(*index->list), by_address);
	return 0;
}

/* An empty one where the file cannot be read: names are a bonus. */
static struct symbol_index *make_index(const struct dat_reader *r)
{
	struct symbol_index *index = calloc(1, sizeof(*index));
	char *block = malloc(BLOCK_SIZE);

	if (!index || !block || scan(index, r->kallsyms, block)) {
		if (index)
			index->count = 0;
	}
	free(block);
	return index;
}

/* Index of the first place behind addr. */
static size_t first_behind(const struct symbol_index *index, uint64_t addr)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index->list[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void symbols_lookup(void *reader, struct symbols *s, uint64_t addr)
{
	struct dat_reader *r = reader;
	char name[NAME_MAX_SIZE] = "";
	size_t behind, size = sizeof(name) - 1;
	uint64_t start, end, left;
	struct error e;

	if (!r->symbols)
		r->symbols = make_index(r);
	behind = r->symbols ? first_behind(r->symbols, addr) : 0;
	if (!behind)
		return;
	start = r->symbols->list[behind - 1].addr;
	end = behind < r->symbols->count ? r->symbols->list[behind].addr : UINT64_MAX;
	if (end - start > FUNCTION_MAX)
		end = start + FUNCTION_MAX;
	left = r->kallsyms.at + r->kallsyms.size - r->symbols->list[behind - 1].name_at;
	if (addr >= end ||
	    file_read(r->kallsyms.file, r->symbols->list[behind - 1].name_at, name, left < size ? left : size, &e))
		return;
	name[strcspn(name, " \t\n")] = '\0';
	if (name[0])
		symbols_add(s, start, end, name);
}
