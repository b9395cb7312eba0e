/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_CMD_DESCRIPTORS_H
#define FALLOCTRACE_CMD_DESCRIPTORS_H

/*
 * Lets this process open as many files as it may: a CPU takes several of them, and
 * the usual 1024 are not for machines of hundreds of CPUs. What is run for the user
 * is to be forked before. Where it fails, opening the file too many says so.
 */
void descriptors_raise(void);

#endif
