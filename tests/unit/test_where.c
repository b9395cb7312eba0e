/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calls.h"
#include "falloctrace/field.h"
#include "falloctrace/filter.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* w: whole, a punch; b: bare; f: failed with EBADF; h: hostile; g: a guest's image that is full, by io_uring. */
static const char letters[] = "wbfhg";

static struct call call_of(char letter)
{
	struct call c = call_whole();

	if (letter == 'w')
		return c;
	if (letter != 'g')
		return letter == 'b' ? call_bare() : letter == 'f' ? call_badfd() : call_hostile();
	c.op = OP_EXTEND;
	c.mode = 0;
	c.size_after = 2097152;
	c.size_after_known = DERIVED;
	c.blocks_after_known = UNKNOWN;
	c.via = VIA_IO_URING;
	c.has_fd = false;
	c.ret = -ENOSPC;
	c.utc += INT64_C(3600000000000);
	c.odd = ODD_LOSS_NEARBY;
	strcpy(c.comm, "qemu");
	strcpy(c.path, "/images/a b.qcow2");
	return c;
}

/* Each expression, and the calls that it holds for. */
static const struct {
	const char *where, *calls;
} table[] = {
	/* numbers */
	{"pid==42", "whg"},
	{"pid=42", "whg"},
	{"pid!=42", "f"},
	{"pid<42", "f"},
	{"pid<=42", "wfhg"},
	{"pid>7", "whg"},
	{"pid>=7", "wfhg"},
	{"tid==7", "bf"},
	{"pid==0x2a", "whg"},
	{"pid==052", ""}, /* decimal */
	{"pid==tid", "f"},
	{"pid<tid", "whg"},
	{"pid in (7, 42)", "wfhg"},
	{"fd<0", "f"},
	{"fd", "wfh"},
	{"cpu==1", "whg"},
	{"depth", ""},
	{"uid==107", "whg"},
	{"uid==root", ""},
	{"ino==18446744073709551615", "h"},
	{"ino>9223372036854775807", "h"},
	{"mode==3", "w"},
	{"mode==0x80000101", "h"},
	{"mode==03", "w"},
	{"mode & 1", "wh"},
	{"mode&6", "w"},
	{"mode", "wh"},
	{"!mode", "fg"},
	/* bytes, blocks, times */
	{"len>4K", "whg"},
	{"len==8KiB", "wg"},
	{"len==8192", "wg"},
	{"len<=1", "f"},
	{"len>0.5k", "whg"},
	{"offset<-1G", "h"},
	{"offset==-9223372036854775808", "h"},
	{"len==9223372036854775807", "h"},
	{"gained<0", "w"},
	{"gained==-8K", "w"},
	{"grown==1M", "g"},
	{"blocks_before==2048", "wg"},
	{"blocks_before==1M", "wg"},
	{"blocks_before==size_before", "wg"},
	{"size_before>blocks_after", "w"},
	{"blocks_before>size_after", "h"}, /* 2^63 blocks, in bytes, and no overflow */
	{"blocks_before!=blocks_after", "w"},
	{"size_after>size_before", "g"},
	{"size_after>=size_before", "wg"},
	{"size_after>len", "wg"},
	{"latency>35us", "wg"},
	{"latency>35121", ""},
	{"latency==35120ns", "wg"},
	{"lat<0.001ms", "f"},
	{"latency_ns<=1h", "wfg"},
	{"ts>2m", "whg"}, /* an orphan's is when it ended: 123.456 s, too */
	/* moments */
	{"time>=2026-11-23", "whg"},
	{"time<\"2026-11-23 09:16\"", "wh"},
	{"time>'2026-11-23T10:15:02.1Z'", "g"},
	{"time==2026-11-23T09:15:02.123456789Z", "wh"},
	{"time>2026-11-23T10:15:02+01:00", "whg"},
	{"time>2026-11-23T09:15:02-0100", "g"},
	{"time>09:15", "whg"},
	{"time<09:15:02.2", "wh"},
	{"time>10:00 && time<11:00", "g"},
	{"time", "whg"},
	/* words */
	{"op==punch", "w"},
	{"op!=punch", "fhg"},
	{"!(op==punch)", "fhg"},
	{"op==extend", "fg"},
	{"op in (extend,punch)", "wfg"},
	{"op~\"*n*\"", "wfhg"},
	{"op", "wfhg"},
	{"via==syscall", "wf"},
	{"via!=syscall", "hg"},
	{"via~io*", "g"},
	{"error==ENOSPC", "g"},
	{"error!=nospc", "wfh"},
	{"error==0", "w"},
	{"error==28", "g"},
	{"error", "fhg"},
	{"!error", "w"},
	{"failed", "fhg"},
	{"!failed", "w"},
	{"error~E*", "fg"},
	{"error!~E*", "wh"}, /* one has none, one's has no name */
	{"error in (EBADF, ENOSPC)", "fg"},
	{"ret==-ENOSPC", "g"},
	{"ret==-28", "g"},
	{"ret<0", "fhg"},
	{"ret==0", "w"},
	{"flags==\"KEEP_SIZE|PUNCH_HOLE\"", "w"},
	{"flags==\"punch_hole|falloc_fl_keep_size\"", "w"},
	{"flags==0", "fg"},
	{"flags&PUNCH_HOLE", "w"},
	{"flags & \"PUNCH_HOLE|KEEP_SIZE\"", "wh"},
	{"flags!=KEEP_SIZE", "wfhg"},
	{"flags~*PUNCH*", "w"},
	{"flags=='KEEP_SIZE|0x80000100'", "h"}, /* as output has it */
	{"flags&'0x80000000|PUNCH_HOLE'", "wh"},
	{"odd", "hg"},
	{"!odd", "wbf"},
	{"odd==loss-nearby", "g"},
	{"odd & loss-nearby", "hg"},
	{"odd&'nested|orphan'", "h"},
	{"odd==0", "wbf"},
	{"after==derived", "hg"},
	{"after==unknown", "bf"},
	{"after!=seen", "bfhg"},
	/* text */
	{"comm==postgres", "w"},
	{"comm!=postgres", "fhg"},
	{"comm~[pq]*", "wg"},
	{"comm=='a b\"\\\\\\n\\x1b[2J\\xff\\t'", "h"},
	{"comm", "wfhg"},
	{"path==/var/lib/db/16384", "w"},
	{"path==\"/images/a b.qcow2\"", "g"},
	{"path==\"/images/a\\x20b.qcow2\"", "g"}, /* as text shows it elsewhere */
	{"path~*.qcow2", "g"},
	{"path~163??", "w"},
	{"path~db", ""},
	{"path~*/db/*", "w"},
	{"path!~*.qcow2", "wh"},
	{"path", "whg"},
	{"fs==ext4", "wg"},
	{"fs!=ext4", "h"},
	{"dev==254:0", "wg"},
	{"host==db1", "wg"},
	{"caller~\"*sys_*\"", "wg"},
	/* together */
	{"op==punch && len>1K", "w"},
	{"op==punch || error", "wfhg"},
	{"error || op==punch", "wfhg"},
	{"op==punch || error && len>1", "whg"},	  /* and binds first */
	{"(op==punch || error) && len>1", "whg"}, /* the same here, and here not: */
	{"error || op==punch && len>1", "wfhg"},
	{"(error || op==punch) && pid==42", "whg"},
	{"!error && !odd", "w"},
	{"!!error", "fhg"},
	{"!(error && odd)", "wbf"},
	{"\t op == punch\n", "w"},
	{"((op==punch))", "w"},
	/* what isn't known is neither so nor otherwise */
	{"path==x || path!=x", "whg"},
	{"len>1 || !(len>1)", "wfhg"},
	{"known(len)", "wfhg"},
	{"!known(len)", "b"},
	{"known(error)", "wfhg"},
	{"known(odd) && known(after)", "wbfhg"},
	{"known(path)", "whg"},
	{"known(latency)", "wfg"},
	{"!known(size_before) || size_before==size_after", "wbfh"},
	{"tid==7 || len>1", "wbfhg"},	 /* yes, whatever the other is */
	{"tid==8 && len>1", ""},	 /* no, … */
	{"!(tid==8 && len>1)", "wbfhg"}, /* … whatever the other is */
	{"!(tid==7 && len>1)", "wfhg"},	 /* unknown for b */
	{"size_after>size_before || depth==0", "wbfhg"},
};

static void each_expression_of_each_call(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct error e = {.text = ""};
		char got[8] = "", *at = got;
		struct filter f;

		filter_init(&f);
		if (filter_add_where(&f, table[i].where, &e))
			fail_msg("'%s': %s", table[i].where, e.text);
		for (const char *l = letters; *l; l++) {
			struct call c = call_of(*l);

			if (filter_match(&f, &c, NULL))
				*at++ = *l;
		}
		if (strcmp(got, table[i].calls) != 0)
			fail_msg("'%s' holds for \"%s\", not for \"%s\"", table[i].where, got, table[i].calls);
		filter_free(&f);
	}
}

static void several_must_all_hold(void **state)
{
	struct call c = call_whole();
	struct filter f;
	struct error e;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_add_where(&f, "op==punch", &e), 0);
	assert_int_equal(filter_add_where(&f, "len==8K", &e), 0);
	assert_true(filter_match(&f, &c, NULL));
	c.len++;
	assert_false(filter_match(&f, &c, NULL));
	c.len--;
	c.op = OP_ZERO;
	assert_false(filter_match(&f, &c, NULL));
	filter_free(&f);
	assert_null(f.where);
	assert_true(filter_match(&f, &c, NULL));
}

/* Whatever fields there will be. */
static void every_field_can_be_asked_for(void **state)
{
	char text[80];
	struct error e;

	(void)state;
	for (size_t i = 0; i < fields_count; i++) {
		struct call c = call_bare(), whole = call_whole();
		struct filter f;

		snprintf(text, sizeof(text), "known(%s) || %s", fields[i].name, fields[i].name);
		filter_init(&f);
		assert_int_equal(filter_add_where(&f, text, &e), 0);
		filter_match(&f, &c, NULL);
		whole.ret = -ENOSPC;
		assert_true(filter_match(&f, &whole, NULL) ||
			    !strncmp(fields[i].name, "space_", 6)); /* told only where there was no space */
		filter_free(&f);
	}
}

/* A clock's time is the wall's where the user sits. */
static void a_time_of_day_is_local(void **state)
{
	struct call c = call_whole();
	struct filter f;
	struct error e;

	(void)state;
	setenv("TZ", "XYZ-5:30", 1); /* east of Greenwich: 14:45:02 there */
	tzset();
	filter_init(&f);
	assert_int_equal(filter_add_where(&f, "time>14:45 && time<14:46 && time>\"2026-11-23 14:45\"", &e), 0);
	assert_true(filter_match(&f, &c, NULL));
	c.utc = -1; /* 05:29:59.999999999, in 1970 */
	assert_false(filter_match(&f, &c, NULL));
	filter_free(&f);
	assert_int_equal(filter_add_where(&f, "time>05:29:59.9 && time<05:30", &e), 0);
	assert_true(filter_match(&f, &c, NULL));
	filter_free(&f);
	setenv("TZ", "UTC0", 1);
	tzset();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_expression_of_each_call),
		cmocka_unit_test(several_must_all_hold),
		cmocka_unit_test(every_field_can_be_asked_for),
		cmocka_unit_test(a_time_of_day_is_local),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
