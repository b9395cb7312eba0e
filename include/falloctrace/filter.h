/* SPDX-License-Identifier: MIT */
/*
 * Which calls are shown. Conditions AND together; the values of one OR.
 */
#ifndef FALLOCTRACE_FILTER_H
#define FALLOCTRACE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/error.h"
#include "falloctrace/info.h"

struct filter {
	int32_t *pids; /* thread groups */
	size_t pids_count;
	bool follow;  /* descendants of pids as well */
	char **comms; /* whole names */
	size_t comms_count;
	int64_t uid; /* of the caller; -1: any */
	bool failed; /* only ret < 0 */
	int *errnos;
	size_t errnos_count;
	unsigned ops;	     /* bit 1 << enum op; 0: any */
	unsigned vias;	     /* bit 1 << enum via; 0: any */
	int64_t min_latency; /* ns; 0: any */
	int64_t min_len;     /* bytes; 0: any */
	char **paths;	     /* fnmatch patterns, against the whole path; without a slash: against the file's name */
	size_t paths_count;
	char **fs; /* filesystem types */
	size_t fs_count;
	char **cgroups; /* patterns: see filter/cgroup.h */
	size_t cgroups_count;
	struct where *where; /* an expression; NULL: any */
};

void filter_init(struct filter *f);
void filter_free(struct filter *f); /* frees what f holds, not f */

/*
 * Each takes an option's text, adds to *f, and says in *e what was wrong with
 * it: 0 or -1 with STATUS_USAGE. The caller names the option in its message.
 */
int filter_add_pids(struct filter *f, const char *text, struct error *e);
int filter_add_comms(struct filter *f, const char *text, struct error *e);
int filter_set_user(struct filter *f, const char *text, struct error *e); /* name or number */
int filter_add_errnos(struct filter *f, const char *text, struct error *e);
int filter_add_ops(struct filter *f, const char *text, struct error *e);
int filter_add_vias(struct filter *f, const char *text, struct error *e);
int filter_set_min_latency(struct filter *f, const char *text, struct error *e);
int filter_set_min_len(struct filter *f, const char *text, struct error *e);
int filter_add_path(struct filter *f, const char *text, struct error *e);
int filter_add_fs(struct filter *f, const char *text, struct error *e);
int filter_add_cgroup(struct filter *f, const char *text, struct error *e);
/*
 * "op==punch && len>1M && (latency>10ms || path~\"*.qcow2\")": fields of field.h,
 * compared. A message points at the column where the expression is wrong. Given
 * twice, both must hold.
 */
int filter_add_where(struct filter *f, const char *text, struct error *e);

/* Whether c is to be shown. What a condition needs and c does not know fails it. */
bool filter_match(const struct filter *f, const struct call *c, const struct trace_info *info);

#endif
