/* SPDX-License-Identifier: MIT */
/*
 * Names and numbers of trace.dat files, common to reader and writer. Sources:
 * trace-cmd.dat.v6(5), trace-cmd.dat.v7(5).
 */
#ifndef FALLOCTRACE_DAT_FORMAT_H
#define FALLOCTRACE_DAT_FORMAT_H

#define DAT_MAGIC "\x17\x08\x44tracing"
#define DAT_MAGIC_SIZE 10
#define DAT_TAG_SIZE 10 /* each of these tags, its NUL included */
#define DAT_TAG_OPTIONS "options  "
#define DAT_TAG_LATENCY "latency  "
#define DAT_TAG_FLYRECORD "flyrecord"

enum dat_option {
	DAT_OPTION_DONE = 0,
	DAT_OPTION_DATE = 1,
	DAT_OPTION_CPUSTAT = 2,
	DAT_OPTION_BUFFER = 3,
	DAT_OPTION_TRACECLOCK = 4,
	DAT_OPTION_UNAME = 5,
	DAT_OPTION_OFFSET = 7,
	DAT_OPTION_CPUCOUNT = 8,
	DAT_OPTION_VERSION = 9,
	DAT_OPTION_TRACEID = 11,
	DAT_OPTION_TIME_SHIFT = 12,
	DAT_OPTION_GUEST = 13,
	DAT_OPTION_TSC2NSEC = 14,
	/* version 7: where a section is */
	DAT_OPTION_HEADER_INFO = 16,
	DAT_OPTION_FTRACE_EVENTS = 17,
	DAT_OPTION_EVENT_FORMATS = 18,
	DAT_OPTION_KALLSYMS = 19,
	DAT_OPTION_PRINTK = 20,
	DAT_OPTION_CMDLINES = 21,
	DAT_OPTION_BUFFER_TEXT = 22,
};

/*
 * Our files carry struct trace_info (info_write's text, NUL-terminated) as the
 * VERSION option, which is a text of the recording tool's about itself. An
 * option of a number of our own trace-cmd would pass over in silence, but
 * KernelShark warns of it.
 */
#define DAT_NOTES_START "falloctrace "

#define DAT_SECTION_COMPRESSED 1 /* flag of a version 7 section */

#define DAT_CPUS_MAX 8192
#define DAT_SUBBUF_MIN 1024
#define DAT_SUBBUF_MAX (1 << 20) /* the ring buffer's own limit: RB_WRITE_MASK + 1 */

#endif
