// SPDX-License-Identifier: MIT
#include "kernel/room.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/tracefile.h"

#define SHARE 32
#define TOTAL_MAX (UINT64_C(1) << 30)
#define TOTAL_UNKNOWN (UINT64_C(8) << 20)

uint64_t room_choose(uint64_t available, unsigned cpus)
{
	uint64_t total = available ? available / SHARE : TOTAL_UNKNOWN;
	uint64_t each, size = ROOM_MIN;

	total = total > TOTAL_MAX ? TOTAL_MAX : total;
	each = total / (cpus ? cpus : 1);
	while (size < ROOM_MAX && size * 2 <= each)
		size *= 2;
	return size;
}

uint64_t room_available(const char *meminfo)
{
	static const char name[] = "MemAvailable:";
	const char *at = strstr(meminfo, name);

	return at ? strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

uint64_t room_for_this_machine(void)
{
	struct error ignored;
	char *text = trace_file_read("/proc", "meminfo", NULL, &ignored);
	uint64_t available = text ? room_available(text) : 0;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	free(text);
	return room_choose(available, cpus > 0 ? (unsigned)cpus : 1);
}
