// SPDX-License-Identifier: MIT
#include "kernel/deep_names.h"

#include <stdlib.h>
#include <string.h>

/*
 * Sources: .fallocate in the struct file_operations of the kernel's fs/, mm/,
 * block/, ipc/ and virt/, 4.9 to 7.2, and of filesystems outside of it. A module
 * may be built in, so a function is looked for in both places.
 */
static const struct {
	const char *module; /* NULL: never one */
	const char *name;
} table[] = {
	{NULL, "shmem_fallocate"},     {NULL, "hugetlbfs_fallocate"},
	{NULL, "blkdev_fallocate"},    {NULL, "shm_fallocate"},
	{"ext4", "ext4_fallocate"},    {"xfs", "xfs_file_fallocate"},
	{"btrfs", "btrfs_fallocate"},  {"f2fs", "f2fs_fallocate"},
	{"gfs2", "gfs2_fallocate"},    {"ocfs2", "ocfs2_fallocate"},
	{"overlay", "ovl_fallocate"},  {"fuse", "fuse_file_fallocate"},
	{"nfsv4", "nfs42_fallocate"},  {"cifs", "cifs_fallocate"},
	{"ceph", "ceph_fallocate"},    {"fat", "fat_fallocate"},
	{"exfat", "exfat_fallocate"},  {"ntfs3", "ntfs_fallocate"},
	{"kvm", "kvm_gmem_fallocate"}, {"bcachefs", "bch2_fallocate_dispatch"},
	{"zfs", "zpl_fallocate"},      {"lustre", "ll_fallocate"},
};
#define KNOWN (sizeof(table) / sizeof(table[0]))

/* Called so, and something else: of the VFS, or what calls it, or is called by the filesystem's own with other arguments. */
static const char *const others[] = {
	"vfs_fallocate",
	"ksys_fallocate",
	"do_fallocate",
	"sys_fallocate",
	"compat_sys_fallocate",
	"io_fallocate",
	"lo_fallocate",
	"nfs42_proc_fallocate",
	"nfsd4_vfs_fallocate",
	"nfsd4_fallocate",
	"nfsd4_decode_fallocate",
	"smb3_fallocate",
	"ext4_do_fallocate",
	"bchfs_fallocate",
	"bch2_fallocate",
	"ksmbd_vfs_fallocate",
	"trace_raw_output_fallocate",
};

/* What the kernel's tracing makes of an event of that name. */
static const char *const prefixes[] = {"_", "perf_trace_", "trace_", "event_", "print_fmt_", "args_", "types_", "bpf_"};

bool deep_may_be(const char *name)
{
	static const char suffix[] = "_fallocate";
	size_t size = strlen(name);

	if (size < sizeof(suffix) || strcmp(name + size - (sizeof(suffix) - 1), suffix) != 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(name, others[i]))
			return false;
	return true;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (!strcmp(name, table[i].name))
			return true;
	return false;
}

static struct deep_function *find(struct deep_functions *d, const char *module, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->list[i].name, name) && !strcmp(d->list[i].module, module))
			return &d->list[i];
	return NULL;
}

static bool add(struct deep_functions *d, const char *module, const char *name, enum deep_state state)
{
	struct deep_function *f = find(d, module, name);

	if (f || d->count == DEEP_MAX || strlen(module) >= sizeof(f->module) || strlen(name) >= sizeof(f->name))
		return false;
	f = &d->list[d->count++];
	strcpy(f->module, module);
	strcpy(f->name, name);
	f->known = is_known(name);
	f->state = state;
	return true;
}

/* "ffffffff81000000 t name\t[module]": false where it is no function's. Cuts the line up. */
static bool split(char *line, char **name, char **module)
{
	char *type = strchr(line, ' ');

	if (!type || !type[1] || type[2] != ' ' || !strchr("tT", type[1]))
		return false;
	*name = type + 3;
	(*name)[strcspn(*name, "\n")] = '\0';
	*module = strchr(*name, '\t');
	if (!*module) {
		*module = *name + strlen(*name);
		return true;
	}
	*(*module)++ = '\0';
	if (**module == '[')
		(*module)++;
	(*module)[strcspn(*module, "]")] = '\0';
	return true;
}

size_t deep_find(struct deep_functions *d, FILE *kallsyms, bool guess)
{
	char line[512], *name, *module;
	size_t added = 0;

	while (fgets(line, sizeof(line), kallsyms)) {
		/* Nearly all lines end here. */
		if (!strstr(line, "_fallocate") || !split(line, &name, &module))
			continue;
		if (is_known(name) || (guess && deep_may_be(name)))
			added += add(d, module, name, DEEP_HERE);
	}
	return added;
}

/* "kernel/fs/xfs/xfs.ko.zst: …", at the beginning of a line */
static bool can_be_loaded(const char *modules_dep, const char *module)
{
	char file[DEEP_NAME_SIZE + 8];
	const char *at = modules_dep;

	snprintf(file, sizeof(file), "/%s.ko", module);
	while ((at = strstr(at, file))) {
		const char *line = at;

		while (line > modules_dep && line[-1] != '\n' && line[-1] != ' ')
			line--;
		if (line == modules_dep || line[-1] == '\n')
			return true;
		at++;
	}
	return false;
}

static bool is_here(const struct deep_functions *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->list[i].name, name))
			return true;
	return false;
}

void deep_find_later(struct deep_functions *d, const char *modules_dep)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (table[i].module && !is_here(d, table[i].name) &&
		    (!modules_dep || can_be_loaded(modules_dep, table[i].module)))
			add(d, table[i].module, table[i].name, DEEP_LATER);
}

void deep_place(const struct deep_function *f, char place[DEEP_PLACE_SIZE])
{
	snprintf(place, DEEP_PLACE_SIZE, "%s%s%s", f->module, f->module[0] ? ":" : "", f->name);
}
