/* SPDX-License-Identifier: MIT */
/*
 * What the library that makes calls fail (inject.c) and the program that tells it
 * which (sweep.c) share: a file that both have mapped.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULT_SHARED "FALLOCTRACE_FAULTS" /* environment: the file */
#define FAULT_ONLY "falloctrace"	  /* the program whose calls fail; not that of the commands it starts */

#define FAULT_CALLS 16384 /* that are noted */
#define FAULT_SHORT (-1)  /* in place of an errno: half of what was asked for */
#define FAULT_EOF (-2)	  /* … nothing, as at a file's end */

/* A place in the program that makes a call, with the file that it is about. */
struct fault_site {
	uint64_t caller; /* return address, from the beginning of its object */
	char call[16];	 /* the function */
	char path[80];	 /* digits as one '#'; where no file is known: the caller's object */
};

enum fault_group {
	FAULT_IO,     /* all but … */
	FAULT_MEMORY, /* malloc and its like */
};

struct fault_shared {
	/* what to do */
	int group;
	int fails;		/* a call is to fail: */
	struct fault_site site; /* … one made there */
	uint32_t occurrence;	/* … the how-manieth, from 1 */
	int32_t error;		/* … how */
	int32_t lasting;	/* … and those after it */
	/* what was done */
	_Atomic uint32_t seen; /* at that site */
	_Atomic uint32_t hit;  /* failed */
	_Atomic uint32_t count;
	struct fault_site calls[FAULT_CALLS]; /* the first count of them, but for those at the end of a crowd */
};

#endif
