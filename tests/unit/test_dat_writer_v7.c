/* SPDX-License-Identifier: MIT */
/* A compressed file, taken apart by trace-cmd.dat.v7(5) alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "dat_image.h"
#include "recording.h"

#define CPUS 3
#define CHUNK 10

static unsigned char *file;
static size_t file_size;

static uint64_t number(size_t at, size_t size)
{
	uint64_t v = 0;
	uint32_t w = 0;
	uint16_t h = 0;

	assert_true(at + size <= file_size);
	memcpy(size == 8 ? (void *)&v : size == 4 ? (void *)&w : (void *)&h, file + at, size);
	return size == 8 ? v : size == 4 ? w : h;
}

static void read_file(void)
{
	FILE *f = fopen(image_path(), "r");

	file = malloc(1 << 20);
	assert_non_null(f);
	file_size = fread(file, 1, 1 << 20, f);
	fclose(f);
}

/* "compressed size, size, data" at a place; returns what follows. */
static size_t unpack(size_t at, unsigned char *to, size_t room, size_t *size)
{
	size_t packed = number(at, 4);

	*size = number(at + 4, 4);
	assert_true(*size <= room);
	assert_int_equal(ZSTD_decompress(to, *size, file + at + 8, packed), *size);
	return at + 8 + packed;
}

/* A compressed section of one piece, of this id, that ends where it says. */
static size_t section(size_t at, unsigned id, unsigned char *to, size_t room)
{
	size_t size;

	assert_int_equal(number(at, 2), id);
	assert_int_equal(number(at + 2, 2), 1);
	assert_int_equal(unpack(at + 16, to, room, &size), at + 16 + number(at + 8, 8));
	return size;
}

static void check_pages(size_t at, size_t end, int cpu, unsigned pages)
{
	unsigned char got[CHUNK * REC_PAGE], want[REC_PAGE];
	unsigned n = 0;
	size_t size, chunks = number(at, 4);

	assert_int_equal(chunks, (pages + CHUNK - 1) / CHUNK);
	assert_int_equal(at % REC_PAGE, 0);
	at += 4;
	while (chunks--) {
		at = unpack(at, got, sizeof(got), &size);
		assert_int_equal(size, (pages - n < CHUNK ? pages - n : CHUNK) * REC_PAGE);
		for (size_t i = 0; i < size; i += REC_PAGE) {
			recording_page(want, cpu, n++);
			assert_memory_equal(got + i, want, REC_PAGE);
		}
	}
	assert_int_equal(n, pages);
	assert_int_equal(at, end);
}

/* section, name, clock, page size, CPUs that have pages */
static void check_buffer(size_t at, size_t size, const unsigned *pages)
{
	size_t sec = number(at, 8), end = at + size, sec_end = sec + 16 + number(sec + 8, 8);

	assert_int_equal(number(sec, 2), 3);
	assert_int_equal(number(sec + 2, 2), 1);
	at += 8;
	assert_string_equal((char *)file + at, "");
	assert_string_equal((char *)file + at + 1, "mono");
	at += 1 + 5;
	assert_int_equal(number(at, 4), REC_PAGE);
	assert_int_equal(number(at + 4, 4), 2);
	for (at += 8; at < end; at += 20) {
		unsigned cpu = (unsigned)number(at, 4);
		size_t from = number(at + 4, 8), bytes = number(at + 12, 8);

		assert_in_range(cpu, 0, CPUS - 1);
		assert_true(from > sec && from + bytes <= sec_end);
		check_pages(from, from + bytes, (int)cpu, pages[cpu]);
	}
	assert_int_equal(at, end);
}

static void check_options(size_t at, const unsigned *pages)
{
	static unsigned char text[65536];
	unsigned seen = 0, id;
	size_t size, end;

	assert_int_equal(number(at, 2), 0);
	assert_int_equal(number(at + 2, 2), 0);
	end = at + 16 + number(at + 8, 8);
	for (at += 16; (id = (unsigned)number(at, 2)); at += 6 + size) {
		size = number(at + 2, 4);
		seen |= 1u << id;
		if (id == 3) {
			check_buffer(at + 6, size, pages);
		} else if (id == 16) {
			size_t n = section(number(at + 6, 8), id, text, sizeof(text));

			assert_string_equal((char *)text, "header_page");
			assert_int_equal(text[n - 1], '\n');
		} else if (id >= 17 && id <= 21) {
			section(number(at + 6, 8), id, text, sizeof(text));
		} else if (id == 8) {
			assert_int_equal(number(at + 6, 4), CPUS);
		} else if (id == 4) {
			assert_string_equal((char *)file + at + 6, "local [mono] boot");
		}
	}
	/* the end: where there are more */
	assert_int_equal(number(at + 2, 4), 8);
	assert_int_equal(number(at + 6, 8), 0);
	assert_int_equal(at + 14, end);
	assert_int_equal(seen, 1u << 3 | 1u << 4 | 1u << 5 | 1u << 8 | 0x3fu << 16);
}

static void by_the_description(void **state)
{
	const unsigned pages[CPUS] = {0, 25, 10};
	struct dat_contents c = recording_contents(NULL);
	struct dat_writer *w;
	struct error e;
	size_t at = 10;

	(void)state;
	c.compress = true;
	w = recording_begin(image_path(), CPUS);
	recording_put(w, 1, 0, 25);
	recording_put(w, 2, 0, 10);
	if (dat_writer_finish(w, &c, &e))
		fail_msg("%s", e.text);
	dat_writer_close(w);
	read_file();
	assert_memory_equal(file, "\x17\x08\x44tracing7", 12); /* with its NUL */
	at += 2;
	assert_int_equal(file[at], __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	assert_int_equal(file[at + 1], sizeof(long));
	assert_int_equal(number(at + 2, 4), REC_PAGE);
	at += 6;
	assert_string_equal((char *)file + at, "zstd");
	at += 5;
	assert_true(strlen((char *)file + at) > 2);
	at += strlen((char *)file + at) + 1;
	check_options(number(at, 8), pages);
	recording_expect(image_path(), CPUS, pages, false);
	unlink(image_path());
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(by_the_description)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
