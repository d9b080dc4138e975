// SPDX-License-Identifier: GPL-2.0-or-later
/* What was found in configuration files, and how it is said. */
#include "plan/config_finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "wire/limits.h"

enum {
	FINDINGS_MAX = LIMIT_CONFIG_ERRORS + 200, /* with notes */
};

void config_findings_done(struct config_findings *findings)
{
	free(findings->item);
	*findings = (struct config_findings){ 0 };
}

static struct config_finding *add(struct config_findings *findings, struct place at, bool is_error)
{
	struct config_finding *grown;

	if (is_error && findings->errors == LIMIT_CONFIG_ERRORS) {
		findings->left_out++;
		return NULL;
	}
	if (findings->count == FINDINGS_MAX)
		return NULL;
	grown = realloc(findings->item, (findings->count + 1) * sizeof(*grown));
	if (!grown) {
		findings->out_of_memory = true;
		return NULL;
	}
	findings->item = grown;
	findings->errors += is_error;
	grown += findings->count++;
	*grown = (struct config_finding){ .is_error = is_error, .at = at };
	place_text(findings->sources, at, grown->where, sizeof(grown->where));
	if (at.line && at.file < findings->sources->count)
		text_copy(grown->file, sizeof(grown->file), findings->sources->source[at.file].name);
	place_excerpt(findings->sources, at, grown->excerpt, sizeof(grown->excerpt));
	return grown;
}

static void put(struct config_finding *finding, const char *fmt, va_list args)
{
	char text[sizeof(finding->text)];

	if (!finding)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	utf8_clean(text, finding->text, sizeof(finding->text));
}

void config_error(struct config_findings *findings, struct place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(add(findings, at, true), fmt, args);
	va_end(args);
}

void config_note(struct config_findings *findings, struct place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(add(findings, at, false), fmt, args);
	va_end(args);
}

/* One that was left out has no place for its hint. */
void config_hint(struct config_findings *findings, const char *fmt, ...)
{
	struct config_finding *last =
		findings->count && !findings->left_out ? &findings->item[findings->count - 1] : NULL;
	va_list args;

	if (!last)
		return;
	va_start(args, fmt);
	vsnprintf(last->hint, sizeof(last->hint), fmt, args);
	va_end(args);
}

static int by_place(const void *one, const void *other)
{
	const struct place *a = &((const struct config_finding *)one)->at,
			   *b = &((const struct config_finding *)other)->at;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

/* Insertion: qsort() may change the order of two at one place. */
void config_findings_sort(struct config_findings *findings)
{
	for (size_t i = 1; i < findings->count; i++) {
		struct config_finding moved = findings->item[i];
		size_t to = i;

		for (; to && by_place(&findings->item[to - 1], &moved) > 0; to--)
			findings->item[to] = findings->item[to - 1];
		findings->item[to] = moved;
	}
}

const char *config_finding_text(const struct config_finding *finding, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s: %s\n%s%s%s%s", finding->where, finding->where[0] ? ": " : "",
		finding->is_error ? "error" : "note", finding->text, finding->excerpt, finding->hint[0] ? "hint: " : "",
		finding->hint, finding->hint[0] ? "\n" : "");
	return buf;
}

static const struct config_finding *first_error(const struct config_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->item[i].is_error)
			return &findings->item[i];
	return NULL;
}

int config_findings_fail(const struct config_findings *findings, struct error *err)
{
	const struct config_finding *first = first_error(findings);
	size_t errors = findings->errors + findings->left_out;

	if (!first)
		return fail(err, findings->out_of_memory ? ENOMEM : EINVAL, "read the configuration");
	if (errors > 1) {
		fail_code(err, CODE_CONFIG, EINVAL, "the configuration has %zu errors, the first at %s", errors,
			first->where);
		return fail_hint(err, "'sluice config check' shows all of them");
	}
	fail_code(err, CODE_CONFIG, EINVAL, "%s%s%s", first->where, first->where[0] ? ": " : "", first->text);
	fail_excerpt(err, first->excerpt);
	return first->hint[0] ? fail_hint(err, "%s", first->hint) : -EINVAL;
}
