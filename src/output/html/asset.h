/* SPDX-License-Identifier: MIT */
/*
 * The files of this folder that a report carries, put into the program when it
 * is built.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_ASSET_H
#define FALLOCTRACE_OUTPUT_HTML_ASSET_H

/* None holds a NUL; each ends in one. */
extern const char asset_style[];  /* report.css */
extern const char asset_charts[]; /* charts.js */
extern const char asset_tables[]; /* tables.js */

#endif
