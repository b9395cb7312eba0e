/* SPDX-License-Identifier: MIT */
/*
 * print_widths
 *
 * Of each character there can be a line: its number in hexadecimal, whether it is
 * unsafe (1 or 0), its columns. For tests/replay/widths.
 */
#include <inttypes.h>
#include <stdio.h>

#include "output/utf8.h"

int main(void)
{
	for (uint32_t code = 0; code <= 0x10ffff; code++)
		if (code < 0xd800 || code > 0xdfff)
			printf("%" PRIx32 " %d %u\n", code, utf8_unsafe(code), utf8_width(code));
	return fflush(stdout) ? 1 : 0;
}
