// SPDX-License-Identifier: MIT
#include "kernel/nofault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel/tracefile.h"

bool words_may_be_followed(const char *release, const char *cpuinfo, uint64_t pointer)
{
	const char *sizes = strstr(cpuinfo, "address sizes");
	bool four_levels = pointer >> 47 == (1 << 17) - 1;
	int major = 0, minor = 0, physical = 0, bits = 0;

	if (sscanf(release, "%d.%d", &major, &minor) != 2 || major < 5 || (major == 5 && minor < 8))
		return false;
	/* "address sizes\t: 46 bits physical, 57 bits virtual"; only x86 has the line, and only x86 warns. */
	if (!sizes)
		return true;
	if (sscanf(sizes, "address sizes : %d bits physical, %d bits virtual", &physical, &bits) != 2)
		return false;
	return !four_levels || bits <= 48;
}

bool any_word_may_be_followed(uint64_t pointer)
{
	struct error ignored;
	struct utsname u;
	char *cpuinfo;
	bool may;

	if (uname(&u))
		return false;
	cpuinfo = trace_file_read("/proc", "cpuinfo", NULL, &ignored);
	may = cpuinfo && words_may_be_followed(u.release, cpuinfo, pointer);
	free(cpuinfo);
	return may;
}
