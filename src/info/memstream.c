// SPDX-License-Identifier: MIT
#include "info/memstream.h"

#include <errno.h>
#include <stdlib.h>

int memstream_close(FILE *f, char **text)
{
	int failed = ferror(f);

	failed = fclose(f) || failed || !*text;
	if (!failed)
		return 0;
	free(*text);
	*text = NULL;
	errno = ENOMEM;
	return -1;
}
