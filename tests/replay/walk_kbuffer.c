/* SPDX-License-Identifier: MIT */
/*
 * walk_kbuffer <PAGES   libtraceevent's own walk over sub-buffers, as dump_records -r prints ours
 *
 * It believes whatever is in the pages, as kbuffer does: give it good ones. Its
 * input is a line "BUFFER CPU LONG-SIZE BIG-ENDIAN PAGE-SIZE PAGES" a CPU, and
 * that many pages behind it.
 */
#include <inttypes.h>
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>

struct part {
	int buffer, cpu, long_size, big;
	size_t size, pages;
};

static void walk_page(const struct part *p, struct kbuffer *kbuf, void *page)
{
	unsigned long long ts;
	unsigned char *data;
	int lost;

	kbuffer_load_subbuffer(kbuf, page);
	lost = kbuffer_missed_events(kbuf);
	if (lost < 0)
		printf("%d %d lost ?\n", p->buffer, p->cpu);
	else if (lost)
		printf("%d %d lost %d\n", p->buffer, p->cpu, lost);
	for (data = kbuffer_read_event(kbuf, &ts); data; data = kbuffer_next_event(kbuf, &ts)) {
		printf("%d %d %llu ", p->buffer, p->cpu, ts);
		for (int i = 0; i < kbuffer_event_size(kbuf); i++)
			printf("%02x", data[i]);
		putchar('\n');
	}
}

static int walk_part(const struct part *p)
{
	struct kbuffer *kbuf = kbuffer_alloc(p->long_size == 4 ? KBUFFER_LSIZE_4 : KBUFFER_LSIZE_8,
					     p->big ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	void *page = malloc(p->size);
	int ret = kbuf && page ? 0 : -1;

	for (size_t i = 0; i < p->pages && !ret; i++) {
		if (fread(page, p->size, 1, stdin) == 1)
			walk_page(p, kbuf, page);
		else
			ret = -1;
	}
	free(page);
	kbuffer_free(kbuf);
	return ret;
}

int main(void)
{
	struct part p;
	int ret;

	while ((ret = scanf("%d %d %d %d %zu %zu", &p.buffer, &p.cpu, &p.long_size, &p.big, &p.size, &p.pages)) == 6)
		if (getchar() != '\n' || walk_part(&p))
			break;
	if (ret != EOF)
		fprintf(stderr, "walk_kbuffer: the input makes no sense\n");
	return ret != EOF;
}
