// SPDX-License-Identifier: MIT
#include "kernel/caps.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

int caps_drop_all(struct error *e)
{
	cap_t none = cap_init();
	int result = none ? cap_set_proc(none) : -1;

	if (none)
		cap_free(none);
	if (result || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(e, "can't give up privileges");
	return 0;
}

void caps_missing(char *buf, unsigned size)
{
	/* tracefs belongs to root; addresses in kallsyms; other processes' mounts; files of every mounted type */
	static const cap_value_t useful[] = {CAP_DAC_OVERRIDE, CAP_SYSLOG, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
	cap_t own = cap_get_proc();
	cap_flag_value_t have;
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; own && i < sizeof(useful) / sizeof(useful[0]); i++) {
		char *name;

		if (cap_get_flag(own, useful[i], CAP_EFFECTIVE, &have) || have == CAP_SET)
			continue;
		name = cap_to_name(useful[i]);
		if (name && used + strlen(name) + 2 < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "," : "", name);
		cap_free(name);
	}
	cap_free(own);
}
