/* SPDX-License-Identifier: MIT */
#include "output/html/asset.h"

/*
 * The assembler reads the files: it looks where the compiler looks for headers,
 * so they are named as these are. The Makefile knows that this file is made of
 * them.
 */
#define ASSET(symbol, file)                           \
	__asm__(".pushsection .rodata\n"              \
		".global " #symbol "\n" #symbol ":\n" \
		".incbin \"output/html/" file "\"\n"  \
		".byte 0\n"                           \
		".popsection\n")

ASSET(asset_style, "report.css");
ASSET(asset_charts, "charts.js");
ASSET(asset_tables, "tables.js");
