/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COUNTS_MEMORY
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define COUNTS_MEMORY
#endif

void finding(const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(text) - 1)
		n = sizeof(text) - 2;
	text[n++] = '\n';
	/* stderr may be one of ours */
	if (write(STDERR_FILENO, "FINDING: ", 9) < 0 || write(STDERR_FILENO, text, (size_t)n) < 0)
		_exit(1);
	abort();
}

const char *input_file(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || pwrite(fd, data, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size)) {
		perror("memfd");
		exit(1);
	}
	return path;
}

static size_t memory_live, memory_limit;

#ifdef COUNTS_MEMORY
/* Of sanitizer/allocator_interface.h and common_interface_defs.h, which Debian's gcc comes without. */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);
void __sanitizer_print_stack_trace(void);

static void on_malloc(const volatile void *p, size_t size)
{
	size_t limit = __atomic_load_n(&memory_limit, __ATOMIC_RELAXED), live;

	(void)p;
	if (!limit)
		return;
	live = __atomic_add_fetch(&memory_live, size, __ATOMIC_RELAXED);
	if ((ptrdiff_t)live < 0 || live <= limit)
		return;
	__atomic_store_n(&memory_limit, 0, __ATOMIC_RELAXED);
	__sanitizer_print_stack_trace();
	finding("%zu bytes are allocated, %zu of them at once; the limit is %zu", live, size, limit);
}

static void on_free(const volatile void *p)
{
	if (__atomic_load_n(&memory_limit, __ATOMIC_RELAXED) && p)
		__atomic_sub_fetch(&memory_live, __sanitizer_get_allocated_size(p), __ATOMIC_RELAXED);
}

static void install(void)
{
	static bool installed;

	if (!installed)
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
	installed = true;
}
#else
static void install(void)
{
}
#endif

void memory_begin(size_t base, size_t times, size_t size)
{
	install();
	memory_live = 0;
	__atomic_store_n(&memory_limit, base + times * size, __ATOMIC_RELAXED);
}

void memory_end(void)
{
	__atomic_store_n(&memory_limit, 0, __ATOMIC_RELAXED);
}

struct page_format page_format_of(unsigned bits)
{
	return (struct page_format){.long_size = bits & 1 ? 4 : 8, .big_endian = bits & 2};
}

void touch(const void *data, size_t size)
{
	const volatile unsigned char *p = data;

	while (size--)
		(void)*p++;
}

static void check_span(const struct span *s, const unsigned char *record, size_t size, const char *what)
{
	const unsigned char *p = (const unsigned char *)s->data;

	if (s->size && (p < record || p + s->size > record + size))
		finding("%s lies outside of its record", what);
	touch(s->data, s->size);
}

void check_event(const struct event *ev, const void *record, size_t size)
{
	if (ev->names_count > EVENT_NAMES_MAX)
		finding("%u names", ev->names_count);
	for (unsigned i = 0; i < ev->names_count; i++)
		check_span(&ev->names[i], record, size, "a name");
	if (ev->has & HAS_COMM)
		check_span(&ev->comm, record, size, "comm");
	/* the schema's own, where the event is a filesystem's */
	if (ev->has & HAS_FS)
		touch(ev->fs.data, ev->fs.size);
}
