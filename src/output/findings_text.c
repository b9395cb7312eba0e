/* SPDX-License-Identifier: MIT */
/*
 * For people: a line for each finding, its evidence below, indented.
 */
#include <inttypes.h>
#include <string.h>

#include "output/color.h"
#include "output/findings.h"

/* Of each kind: a screenful. --top says otherwise. */
#define SHOWN 10

static size_t shown_of(const struct findings_sink *s)
{
	return s->o.top ? (size_t)s->o.top : SHOWN;
}

static int write_finding(struct findings_sink *s, const struct finding *f, struct error *e)
{
	struct buf *b = &s->line;
	const char *label;

	buf_printf(b, "%s%s%s: ", s->o.color ? COLOR_HEADER : "", finding_name(f->kind), s->o.color ? COLOR_OFF : "");
	finding_about(&s->words, b, f);
	buf_char(b, '\n');
	for (unsigned i = 0;; i++) {
		size_t start = b->size, size;

		buf_fill(b, ' ', FINDING_LABEL + 4);
		label = finding_line(&s->words, b, f, i);
		size = label ? strlen(label) : 0;
		if (!size || b->failed) {
			b->size = start < b->size ? start : b->size;
			if (!label || b->failed)
				break;
			continue;
		}
		memcpy(b->data + start + 2, label, size);
		buf_char(b, '\n');
	}
	return buf_write(b, s->o.out, e);
}

/* More files that the kind was found on than are shown. */
static int write_more(struct findings_sink *s, enum finding_kind kind, size_t shown, struct error *e)
{
	struct finding_total total;
	uint64_t more;

	findings_total(s->findings, kind, &total);
	more = total.files > shown ? total.files - shown : 0;
	if (!more)
		return 0;
	buf_printf(&s->line, "%s: and %" PRIu64 " more file%s; %" PRIu64 " calls in all\n", finding_name(kind), more,
		   more == 1 ? "" : "s", total.calls);
	return buf_write(&s->line, s->o.out, e);
}

static int write_kind(struct findings_sink *s, enum finding_kind kind, const struct finding *found, size_t count,
		      struct error *e)
{
	size_t shown = 0;

	for (size_t i = 0; i < count && shown < shown_of(s); i++) {
		if (found[i].kind != kind)
			continue;
		if (write_finding(s, &found[i], e))
			return -1;
		shown++;
	}
	return write_more(s, kind, shown, e);
}

static int write_limits(struct findings_sink *s, size_t count, struct error *e)
{
	uint64_t calls = findings_calls(s->findings), losses = findings_losses(s->findings),
		 forgotten = findings_forgotten(s->findings);
	struct buf *b = &s->line;

	if (!count)
		buf_printf(b, "no findings in %" PRIu64 " call%s\n", calls, calls == 1 ? "" : "s");
	if (losses)
		buf_printf(b, "%sLOST events %" PRIu64 " time%s: what they would have shown is missing%s\n",
			   s->o.color ? COLOR_ODD : "", losses, losses == 1 ? "" : "s", s->o.color ? COLOR_OFF : "");
	if (forgotten)
		buf_printf(b,
			   "too many files: %" PRIu64
			   " times one was forgotten, so what takes several calls to show may be missing\n",
			   forgotten);
	return buf_write(b, s->o.out, e);
}

int findings_write_text(struct findings_sink *s, const struct interval *i, const struct finding *found, size_t count,
			struct error *e)
{
	bool any = count;

	if (s->o.intervals)
		intervals_text(&s->heads, &s->line, i);
	for (unsigned k = 0; k < FINDING_COUNT; k++) {
		struct finding_total total;

		findings_total(s->findings, (enum finding_kind)k, &total);
		any |= total.files;
		if (total.files && write_kind(s, (enum finding_kind)k, found, count, e))
			return -1;
	}
	return write_limits(s, any, e);
}
