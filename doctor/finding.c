// SPDX-License-Identifier: GPL-2.0-or-later
/* The list that checks append to: findings in an array that grows, their texts one behind the other in large pieces. */
#include "doctor/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	TEXT_PIECE = 64 << 10
};

struct finding_text {
	struct finding_text *before;
	size_t used, size;
	char bytes[];
};

void findings_done(struct findings *findings)
{
	if (!findings)
		return;
	for (struct finding_text *at = findings->text; at;) {
		struct finding_text *before = at->before;

		free(at);
		at = before;
	}
	free(findings->item);
	*findings = (struct findings){ 0 };
}

static struct finding *open_finding(struct findings *findings)
{
	return findings->out_of_memory || !findings->count ? &findings->lost : &findings->item[findings->count - 1];
}

static void lose(struct findings *findings)
{
	findings->out_of_memory = true;
	findings->lost = findings->about;
}

void finding_new(struct findings *findings)
{
	if (findings->out_of_memory || (findings->count && open_finding(findings)->state == CHECK_SKIPPED))
		return;
	if (findings->count == findings->space) {
		size_t space = findings->space ? findings->space * 2 : 64;
		struct finding *grown = reallocarray(findings->item, space, sizeof(*grown));

		if (!grown) {
			lose(findings);
			return;
		}
		findings->item = grown;
		findings->space = space;
	}
	findings->item[findings->count++] = findings->about;
}

void findings_begin(struct findings *findings, const struct finding *about, const struct pci_device *device)
{
	findings->about = *about;
	findings->about.state = CHECK_SKIPPED;
	findings->about.summary = findings->about.evidence = findings->about.fix = "";
	findings->about.has_device = device != NULL;
	findings->about.group = device ? device->iommu_group : -1;
	text_copy(findings->about.subject, sizeof(findings->about.subject), "host");
	if (device) {
		findings->about.device = device->addr;
		pci_addr_text(device->addr, findings->about.subject);
	}
	finding_new(findings);
}

int findings_end(struct findings *findings, struct error *err)
{
	if (findings->out_of_memory)
		return fail(err, ENOMEM, "write down what was found about %s", findings->about.subject);
	if (findings->count && open_finding(findings)->state == CHECK_SKIPPED)
		findings->count--;
	return 0;
}

/* Room for a text of that length and its end; NULL without memory. */
static char *text_room(struct findings *findings, size_t length)
{
	struct finding_text *piece = findings->text;
	char *room;

	if (!piece || piece->size - piece->used <= length) {
		size_t size = length + 1 > TEXT_PIECE ? length + 1 : TEXT_PIECE;

		piece = malloc(sizeof(*piece) + size);
		if (!piece)
			return NULL;
		*piece = (struct finding_text){ .before = findings->text, .size = size };
		findings->text = piece;
	}
	room = piece->bytes + piece->used;
	piece->used += length + 1;
	return room;
}

/* What was said before, and the new words behind it. */
static const char *write_text(struct findings *findings, const char *before, const char *fmt, va_list args)
{
	size_t used = strlen(before);
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = length < 0 ? NULL : text_room(findings, used + (size_t)length);
	if (!text) {
		lose(findings);
		return "";
	}
	memcpy(text, before, used);
	vsnprintf(text + used, (size_t)length + 1, fmt, args);
	return text;
}

void finding_say(struct findings *findings, enum check_state state, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = write_text(findings, "", fmt, args);
	va_end(args);
	open_finding(findings)->state = state;
	open_finding(findings)->summary = text;
}

void finding_evidence(struct findings *findings, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = write_text(findings, "", fmt, args);
	va_end(args);
	open_finding(findings)->evidence = text;
}

void finding_fix(struct findings *findings, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = write_text(findings, "", fmt, args);
	va_end(args);
	open_finding(findings)->fix = text;
}

void finding_fix_more(struct findings *findings, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = write_text(findings, open_finding(findings)->fix, fmt, args);
	va_end(args);
	open_finding(findings)->fix = text;
}

void finding_refix(struct findings *findings, struct finding *finding, const char *fix)
{
	size_t length = strlen(fix);
	char *text = text_room(findings, length);

	if (!text) {
		lose(findings);
		return;
	}
	memcpy(text, fix, length + 1);
	finding->fix = text;
}

void finding_of(struct findings *findings, struct pci_addr device)
{
	struct finding *finding = open_finding(findings);

	finding->has_device = true;
	finding->device = device;
	pci_addr_text(device, finding->subject);
}

void finding_named(struct findings *findings, const char *name)
{
	struct finding *finding = open_finding(findings);

	finding->has_device = false;
	text_copy(finding->subject, sizeof(finding->subject), name);
}
