/* SPDX-License-Identifier: MIT */
/*
 * Lines are of /proc/kallsyms of Debian's 5.10, 6.1 and 7.2.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/deep_names.h"

static const char kallsyms[] = "ffffffff8c6561c0 T __SCT__tp_func_hugetlbfs_fallocate\n"
			       "ffffffff8d9489e0 t __bpf_trace_tp_map_ext4_fallocate_enter\n"
			       "ffffffff8bc05620 T __ia32_sys_fallocate\n"
			       "ffffffff8cf36465 r __flags_vfs_fallocate\n"
			       "ffffffff8bd14ac0 T __pfx_ext4_fallocate\n"
			       "ffffffff8d7e6260 t __syscall_meta__fallocate\n"
			       "ffffffffc04ca3f0 t __xfs_file_fallocate\t[xfs]\n"
			       "ffffffff8d7e62a0 t args__fallocate\n"
			       "ffffffffc0764dd0 t _nfs42_proc_fallocate.isra.0\t[nfsv4]\n"
			       "ffffffffc0869480 t btrfs_fallocate\t[btrfs]\n"
			       "ffffffffc093c0e8 t btrfs_fallocate.cold\t[btrfs]\n"
			       "ffffffffc08648f0 t btrfs_fallocate_update_isize\t[btrfs]\n"
			       "ffffffff8d824660 t event_hugetlbfs_fallocate\n"
			       "ffffffff8bd14ad0 T ext4_fallocate\n"
			       "ffffffff8bf58e70 T io_fallocate\n"
			       "ffffffff8bc054b0 T ksys_fallocate\n"
			       "ffffffffc05dfc70 t lo_fallocate\t[loop]\n"
			       "ffffffffc0553580 t lo_fallocate.isra.0\t[loop]\n"
			       "ffffffffc0e5dad0 t nfs42_proc_fallocate\t[nfsv4]\n"
			       "ffffffffc0e8c980 t nfsd4_vfs_fallocate\t[nfsd]\n"
			       "ffffffff8bda3730 t perf_trace_hugetlbfs_fallocate\n"
			       "ffffffff8bad5d80 t shmem_fallocate\n"
			       "ffffffffc12598b0 t smb3_fallocate\t[cifs]\n"
			       "ffffffff8d824100 t trace_event_fields_hugetlbfs_fallocate\n"
			       "ffffffff8bc04170 T vfs_fallocate\n"
			       "ffffffffc0001000 t new_fs_fallocate\t[newfs]\n"
			       "ffffffffc0002000 d data_fallocate\t[newfs]\n"
			       "0000000000000000 t xfs_file_fallocate\t[xfs]";

static struct deep_functions *found(const char *text, bool guess, size_t want)
{
	struct deep_functions *d = calloc(1, sizeof(*d));
	char *copy = strdup(text);
	FILE *f = copy ? fmemopen(copy, strlen(copy), "r") : NULL;

	assert_non_null(d);
	assert_non_null(f);
	assert_int_equal(deep_find(d, f, guess), want);
	assert_int_equal(d->count, want);
	rewind(f);
	/* What is there is not added again. */
	assert_int_equal(deep_find(d, f, guess), 0);
	fclose(f);
	free(copy);
	return d;
}

static void assert_place(const struct deep_functions *d, size_t i, const char *want, bool known)
{
	char place[DEEP_PLACE_SIZE];

	deep_place(&d->list[i], place);
	assert_string_equal(place, want);
	assert_int_equal(d->list[i].known, known);
}

static void test_found(void **state)
{
	struct deep_functions *d = found(kallsyms, true, 5);

	(void)state;
	assert_place(d, 0, "btrfs:btrfs_fallocate", true);
	assert_place(d, 1, "ext4_fallocate", true);
	assert_place(d, 2, "shmem_fallocate", true);
	assert_place(d, 3, "newfs:new_fs_fallocate", false);
	assert_place(d, 4, "xfs:xfs_file_fallocate", true);
	free(d);
}

static void test_known_alone(void **state)
{
	struct deep_functions *d = found(kallsyms, false, 4);

	(void)state;
	assert_place(d, 3, "xfs:xfs_file_fallocate", true);
	free(d);
}

static size_t count_of(const struct deep_functions *d, const char *name, enum deep_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += !strcmp(d->list[i].name, name) && d->list[i].state == state;
	return n;
}

static void test_later(void **state)
{
	static const char dep[] = "kernel/fs/fuse/virtiofs.ko: kernel/fs/fuse/fuse.ko\n"
				  "kernel/fs/nfs/nfsv4.ko.xz: kernel/fs/nfs/nfs.ko.xz kernel/fs/ceph/ceph.ko.xz\n"
				  "kernel/fs/xfs/xfs.ko: kernel/lib/libcrc32c.ko\n";
	struct deep_functions *d = found(kallsyms, true, 5);

	(void)state;
	deep_find_later(d, dep);
	assert_int_equal(count_of(d, "nfs42_fallocate", DEEP_LATER), 1);
	/* of which the file only says that another needs it */
	assert_int_equal(count_of(d, "ceph_fallocate", DEEP_LATER), 0);
	assert_int_equal(count_of(d, "fuse_file_fallocate", DEEP_LATER), 0);
	/* which is here */
	assert_int_equal(count_of(d, "xfs_file_fallocate", DEEP_LATER), 0);
	assert_int_equal(d->count, 6);
	free(d);

	d = found(kallsyms, true, 5);
	deep_find_later(d, NULL);
	assert_int_equal(count_of(d, "ceph_fallocate", DEEP_LATER), 1);
	assert_int_equal(count_of(d, "ext4_fallocate", DEEP_LATER), 0);
	free(d);
}

/* A machine may have anything there. */
static void test_odd_lines(void **state)
{
	char text[16384] = "", line[400];

	(void)state;
	memset(line, 'x', 300);
	strcpy(line + 300, "_fallocate\n");
	strcat(text, "0 t ");
	strcat(text, line);
	strcat(text, "\n_fallocate\n0 _fallocate\n0 t _fallocate\n0 t a_fallocate\t\n0 t b_fallocate\t[\n");
	for (int i = 0; i < 2 * DEEP_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "0 t f%d_fallocate\t[m]\n", i);
	free(found(text, true, DEEP_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_known_alone),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_odd_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
