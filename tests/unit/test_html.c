/* SPDX-License-Identifier: MIT */
/*
 * The page of --format html. What browsers make of it, and whether its numbers
 * are right, tests/replay/html.sh finds out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "cmd/options.h"
#include "output/html/html.h"

static const struct sink_options plain = {.format = FORMAT_HTML, .show = SHOW_REPORT};

static char *page_of(const struct call *calls, unsigned count)
{
	const struct script s = {.header = true, .calls = calls, .calls_count = count};

	return sink_output(sink_html_new, plain, &s);
}

static void has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("not in the page: %s", text);
}

static void has_not(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("in the page: %.200s", strstr(page, text));
}

static size_t count_of(const char *page, const char *text)
{
	size_t n = 0;

	for (; (page = strstr(page, text)); page += strlen(text))
		n++;
	return n;
}

static void an_empty_trace_is_a_page(void **state)
{
	char *page = page_of(NULL, 0);

	(void)state;
	assert_int_equal(strncmp(page, "<!DOCTYPE html>\n", 16), 0);
	has(page, "<title>fallocate on -</title>");
	has(page, "<dt>Calls</dt><dd><strong>0</strong></dd>");
	has(page, "<dt>Blocks gained / freed</dt><dd>- / -</dd>");
	has(page, "No events were lost.");
	has(page, "\"bins\":[]");
	has(page, "\"files\":[]}");
	has_not(page, "Events were lost");
	has_not(page, "Called as");
	assert_string_equal(page + strlen(page) - 16, "</body>\n</html>\n");
	free(page);
}

static void a_call_is_told(void **state)
{
	struct call c = call_whole();
	char *page = page_of(&c, 1);

	(void)state;
	has(page, "<td class=\"text path\"><bdi class=\"name\">/var/lib/db/16384</bdi></td><td data-v=\"1\">1</td>");
	has(page, "<td data-v=\"8192\" title=\"8,192 bytes\">8K</td>");
	has(page, "<td data-v=\"35120\" title=\"35,120 ns\">35.1us</td>");
	has(page, "<time datetime=\"2026-11-23T09:15:02.123456789Z\">2026-11-23 09:15:02.123456</time>");
	has(page, "<td data-v=\"-8192\" title=\"-8,192 bytes\">-8K</td>");
	has(page, "[[0,1,0,1048576,1048576,1048576,1040384]]");
	free(page);
}

/* Nothing is known of it, and nothing is made up. */
static void what_is_not_known_is_a_dash(void **state)
{
	struct call c = call_bare();
	char *page = page_of(&c, 1);

	(void)state;
	has(page,
	    "<td class=\"text path\">-</td><td data-v=\"1\">1</td><td data-v=\"0\">0</td><td>-</td><td>-</td><td>-</td>"
	    "<td>-</td><td>-</td><td>-</td><td>-</td><td>-</td>");
	has(page, "<dd>- / - / -</dd>");
	free(page);
}

static void names_are_text(void **state)
{
	struct call c = call_whole();
	char *page;

	(void)state;
	strcpy(c.comm, "</td>\xff\x1b&\"'");
	strcpy(c.path, "/</script><script>x\xe2\x80\xae \\ ");
	page = page_of(&c, 1);
	has(page, "<bdi class=\"name\">&lt;/td&gt;\\xff\\x1b&amp;&quot;&#39;</bdi>");
	has(page, "<bdi class=\"name\">/&lt;/script&gt;&lt;script&gt;x\\xe2\\x80\\xae \\\\\\x20</bdi>");
	assert_int_equal(count_of(page, "<script"), 3);
	assert_int_equal(count_of(page, "</script>"), 3);
	assert_int_equal(count_of(page, "\xe2\x80\xae"), 0);
	free(page);
}

/* Of 4,095 bytes that take six in HTML each. */
static void long_names_are_cut(void **state)
{
	struct call c = call_whole();
	char *page;

	(void)state;
	memset(c.path, '"', sizeof(c.path) - 1);
	c.path[0] = '/';
	page = page_of(&c, 1);
	has(page, "&quot;<span class=\"cut\"> … 3135 bytes more … </span>&quot;");
	assert_true(strlen(page) < 100000);
	free(page);
}

static void hostile_calls_are_told(void **state)
{
	struct call c[2] = {call_hostile(), call_badfd()};
	char *page = page_of(c, 2);

	(void)state;
	for (const char *p = page; *p; p++)
		assert_true(*p == '\n' || *p == '\t' || (unsigned char)*p >= ' ');
	has(page, "<td class=\"text bad\">EBADF</td>");
	has(page, "-9223372036854775808");
	free(page);
}

static void losses_are_banners(void **state)
{
	struct loss l[60];
	const struct script s = {.header = true, .losses = l, .losses_count = 60};
	char *page;

	(void)state;
	for (int i = 0; i < 60; i++)
		l[i] = (struct loss){.host = "", .cpu = i, .count = i ? 2 : LOST_UNKNOWN};
	page = sink_output(sink_html_new, plain, &s);
	has(page, "<strong>Events were lost</strong>: 118 of them, and 1 time a number that is not known");
	has(page, "The first 50 of 60 losses.");
	has(page, "<td data-v=\"49\">49</td>");
	has_not(page, "<td data-v=\"50\">50</td>");
	free(page);
}

/* A table has so many rows; the others are summed up, and none is missing in the total. */
static void many_rows_are_summed_up(void **state)
{
	struct call *c = calloc(700, sizeof(*c));
	char *page;

	(void)state;
	assert_non_null(c);
	for (int i = 0; i < 700; i++) {
		c[i] = call_whole();
		snprintf(c[i].path, sizeof(c[i].path), "/%d", i);
	}
	page = page_of(c, 700);
	has(page, "all others</td><td data-v=\"200\">200</td>");
	has(page, "total</td><td data-v=\"700\">700</td>");
	assert_int_equal(count_of(page, "\"chart\" data-chart=\"file\""), HTML_FILES);
	free(page);
	free(c);
}

static void inner_calls_count_where_wanted(void **state)
{
	struct call inner, c = call_overlay(&inner);
	const struct script s = {.header = true, .calls = &c, .calls_count = 1};
	struct sink_options o = plain;
	char *page;

	(void)state;
	page = sink_output(sink_html_new, o, &s);
	has(page, "<dt>Calls</dt><dd><strong>1</strong>");
	free(page);
	o.nested = true;
	page = sink_output(sink_html_new, o, &s);
	has(page, "<dt>Calls</dt><dd><strong>2</strong>");
	has(page, "/mnt/up per/16384");
	free(page);
}

static void traces_are_named_once(void **state)
{
	struct trace_info info[3] = {{.host = "db1", .release = "6.1.0", .machine = "x86_64"},
				     {.host = "<db2>", .release = "6.1.0", .machine = "x86_64"},
				     {.host = "db1"}};
	struct sink_options o = plain;
	struct error e = {0};
	struct sink *sink;
	size_t size;
	char *page;

	(void)state;
	o.out = open_memstream(&page, &size);
	assert_non_null(o.out);
	sink = sink_html_new(&o);
	assert_non_null(sink);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sink->ops->trace(sink, &info[i], &e), 0);
	assert_int_equal(sink->ops->footer(sink, &e), 0);
	sink->ops->free(sink);
	assert_int_equal(fclose(o.out), 0);
	has(page, "<title>fallocate on db1, &lt;db2&gt;</title>");
	has(page, "<dt>Kernel</dt><dd>6.1.0 x86_64</dd>");
	free(page);
}

/* A command's words may be secrets. */
static void commands_are_not_told(void **state)
{
	static const char *words[] = {
		"/usr/bin/falloctrace", "--format", "html", "--where", "len > '1'", "--", "mysql", "-psecret", NULL};
	struct options o;
	struct error e = {0};
	struct sink_options so = plain;
	const struct script s = {.header = true};
	char *page;

	(void)state;
	assert_int_equal(options_parse(&o, 8, (char **)(uintptr_t)words, &e), 0);
	so.words = o.words;
	so.words_count = o.words_count;
	page = sink_output(sink_html_new, so, &s);
	has(page, "<bdi class=\"name\">falloctrace</bdi> <bdi class=\"name\">--format</bdi>");
	has(page,
	    "<bdi class=\"name\">&#39;len &gt; &#39;&quot;&#39;&quot;&#39;1&#39;&quot;&#39;&quot;&#39;&#39;</bdi> <bdi "
	    "class=\"name\">--</bdi></dd>");
	has_not(page, "secret");
	free(page);
	options_free(&o);
}

/* A full disk: the footer fails, and says why. */
static void writing_may_fail(void **state)
{
	struct sink_options o = plain;
	struct error e = {0};
	struct sink *sink;

	(void)state;
	o.out = fopen("/dev/full", "w");
	assert_non_null(o.out);
	sink = sink_html_new(&o);
	assert_non_null(sink);
	assert_int_equal(sink->ops->footer(sink, &e), -1);
	assert_int_equal(errno, ENOSPC);
	has(e.text, "No space left");
	sink->ops->free(sink);
	fclose(o.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_trace_is_a_page),
		cmocka_unit_test(a_call_is_told),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(names_are_text),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(hostile_calls_are_told),
		cmocka_unit_test(losses_are_banners),
		cmocka_unit_test(many_rows_are_summed_up),
		cmocka_unit_test(inner_calls_count_where_wanted),
		cmocka_unit_test(traces_are_named_once),
		cmocka_unit_test(commands_are_not_told),
		cmocka_unit_test(writing_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
