/* SPDX-License-Identifier: MIT */
/*
 * What text looks like on a terminal that has colours.
 */
#ifndef FALLOCTRACE_OUTPUT_COLOR_H
#define FALLOCTRACE_OUTPUT_COLOR_H

#define COLOR_HEADER "\033[1m"
#define COLOR_ERROR "\033[31m"
#define COLOR_ODD "\033[33m"
#define COLOR_OFF "\033[0m"

#endif
