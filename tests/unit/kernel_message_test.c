// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of kernel messages (distro/kernel_message*.c) against the messages of the kernels' sources
 * (tests/data/kernel-messages): each form is there, in the releases that it claims, and is found; each message there is
 * a form's, or a fault's, or is listed as not ours with the reason.
 */
#include "distro/kernel_message.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "iommu/fault_decode.h"

enum {
	LINES_MAX = 4000,
	OTHERS_MAX = 1500,
	TEXT_SIZE = 512,
};

struct listed {
	char file[96];
	bool in[MESSAGE_RELEASE_COUNT];
	enum message_speaker speaker;
	char format[TEXT_SIZE];
};

struct other {
	char file[96], pattern[TEXT_SIZE];
	size_t used;
};

struct lists {
	struct listed line[LINES_MAX];
	size_t line_count;
	struct other other[OTHERS_MAX];
	size_t other_count;
};

static FILE *open_list(const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "tests/data/kernel-messages/%s", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be read", path);
	return file;
}

static void read_messages(struct lists *lists)
{
	cleanup_file FILE *file = open_list("messages.list");
	char text[TEXT_SIZE + 64], name[96] = "";

	while (fgets(text, sizeof(text), file)) {
		struct listed *line = &lists->line[lists->line_count];

		text_chomp(text);
		if (*text == '#') {
			snprintf(name, sizeof(name), "%.95s", text + 2);
			continue;
		}
		assert_true(lists->line_count < LINES_MAX);
		assert_true(strspn(text, "01") == MESSAGE_RELEASE_COUNT && strlen(text) > MESSAGE_RELEASE_COUNT + 3);
		for (size_t i = 0; i < MESSAGE_RELEASE_COUNT; i++)
			line->in[i] = text[i] == '1';
		line->speaker = text[MESSAGE_RELEASE_COUNT + 1] == 'd' ? MESSAGE_OF_DEVICE : MESSAGE_PLAIN;
		text_copy(line->file, sizeof(line->file), name);
		text_copy(line->format, sizeof(line->format), text + MESSAGE_RELEASE_COUNT + 3);
		lists->line_count++;
	}
}

static void read_others(struct lists *lists)
{
	cleanup_file FILE *file = open_list("not-ours.list");
	char text[TEXT_SIZE + 128];

	while (fgets(text, sizeof(text), file)) {
		struct other *other = &lists->other[lists->other_count];
		char *tab = strchr(text, '\t');

		text_chomp(text);
		if (*text == '#' || !*text)
			continue;
		assert_true(lists->other_count < OTHERS_MAX);
		if (!tab)
			fail_msg("not-ours.list: no tab: %s", text);
		*tab = '\0';
		text_copy(other->file, sizeof(other->file), text);
		text_copy(other->pattern, sizeof(other->pattern), tab + 1);
		lists->other_count++;
	}
}

static int set_up(void **state)
{
	struct lists *lists = calloc(1, sizeof(*lists));

	read_messages(lists);
	read_others(lists);
	*state = lists;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

/*
 * Samples -----------------------------------------------------------------------------------------------------------
 */

/* What the first conversion of a form has to have. */
static const char *select_text(enum message_select select, char kind)
{
	switch (select) {
	case MESSAGE_BAR:
		return kind == 'd' ? "2" : "BAR 2";
	case MESSAGE_VF_BAR:
		return kind == 'd' ? "9" : "VF BAR 2";
	case MESSAGE_UNCORRECTED:
		return "Uncorrectable (Fatal)";
	default:
		return NULL;
	}
}

/* As wide as the format wants a number: "%04x" is 0001. */
static size_t put_value(char *buf, size_t size, char kind, int width)
{
	switch (kind) {
	case 'd':
	case 'i':
	case 'u':
		return (size_t)snprintf(buf, size, "%0*d", width, 5);
	case 'x':
	case 'X':
		return (size_t)snprintf(buf, size, "%0*x", width, 1);
	case 'c':
	case '%':
		return (size_t)snprintf(buf, size, "%c", kind);
	default:
		return (size_t)snprintf(buf, size, "word");
	}
}

/* The message that a format makes. */
static void make_message(
	const char *format, enum message_speaker speaker, enum message_select select, char *buf, size_t size)
{
	static const char who[] = "vfio-pci 0000:01:00.0: ";
	size_t used = (size_t)snprintf(buf, size, "%s", speaker == MESSAGE_OF_DEVICE ? who : "");
	bool first = true;

	while (*format && used + 40 < size) {
		const char *value;
		int width = 0;
		char kind;

		if (format[0] == '\\' && format[1] == 'n') {
			used += (size_t)snprintf(buf + used, size - used, "\\x0a");
			format += 2;
			continue;
		}
		if (*format != '%') {
			buf[used++] = *format++;
			continue;
		}
		format++;
		if (format[0] == '0')
			sscanf(format, "0%1d", &width);
		format += strspn(format, "-+ #0123456789.*");
		format += strspn(format, "hlzLqjt");
		kind = *format ? *format++ : 's';
		format += kind == 'p' ? strspn(format, "ABDEFGHIKMNORSUVabdefghkmnprswx") : 0;
		value = first ? select_text(select, kind) : NULL;
		used += value ? (size_t)snprintf(buf + used, size - used, "%s", value)
			      : put_value(buf + used, size - used, kind, width);
		first = false;
	}
	buf[used] = '\0';
}

/*
 * Tests -------------------------------------------------------------------------------------------------------------
 */

static void every_form_is_in_the_sources(void **state)
{
	const struct lists *lists = *state;

	for (const struct message_cause *cause = message_cause_next(NULL); cause; cause = message_cause_next(cause))
		for (const struct message_form *form = cause->form; form->format; form++) {
			bool in[MESSAGE_RELEASE_COUNT] = { false };
			bool found = false;

			for (size_t i = 0; i < lists->line_count; i++) {
				const struct listed *line = &lists->line[i];

				if (line->speaker != form->speaker || strcmp(line->format, form->format) != 0)
					continue;
				found = true;
				for (size_t k = 0; k < MESSAGE_RELEASE_COUNT; k++)
					in[k] |= line->in[k];
			}
			if (!found)
				fail_msg("in no kernel's sources: %s", form->format);
			for (size_t k = 0; k < MESSAGE_RELEASE_COUNT; k++)
				if (in[k] != (k >= form->first && k <= form->last))
					fail_msg("release %zu %s: %s", k, in[k] ? "has it too" : "does not have it",
						form->format);
		}
}

/* A form that another one hides, or that can never match, is none. */
static void every_form_is_found(void **state)
{
	(void)state;
	for (const struct message_cause *cause = message_cause_next(NULL); cause; cause = message_cause_next(cause))
		for (const struct message_form *form = cause->form; form->format; form++) {
			char text[TEXT_SIZE * 2], cut[TEXT_SIZE * 2];
			struct message_match match = { .cause = NULL };
			char *line_break;

			make_message(form->format, form->speaker, form->select, text, sizeof(text));
			if (!message_find(text, &match) || match.cause != cause)
				fail_msg("found as %s: %s", match.cause ? match.cause->means : "nothing", text);
			assert_int_equal(match.has_device, form->speaker == MESSAGE_OF_DEVICE || match.has_device);
			/* Some logs keep a message's first line only, others break it. */
			text_copy(cut, sizeof(cut), text);
			line_break = strstr(cut, "\\x0a");
			if (!line_break)
				continue;
			*line_break = '\0';
			assert_true(message_find(cut, &match));
			assert_ptr_equal(match.cause, cause);
			text_copy(cut, sizeof(cut), text);
			for (char *at = cut; (at = strstr(at, "\\x0a"));) {
				*at = '\n';
				memmove(at + 1, at + 4, strlen(at + 4) + 1);
			}
			assert_true(message_find(cut, &match));
			assert_ptr_equal(match.cause, cause);
		}
}

/* Faults and what the rate limit says of them; their words stand where formats have %s. */
static bool is_fault(const struct listed *line)
{
	static const char *const words[][2] = {
		{ "DMAR: [word", "DMAR: [DMA Read" },
		{ "dmar: DMAR:[word", "dmar: DMAR:[DMA Read" },
		{ "vfio-pci 0000:01:00.0: word fault from EP", "virtio_iommu virtio0: page fault from EP" },
		{ "vfio-pci 0000:01:00.0: ", "iommu ivhd0: " },
		{ "word: 5 callbacks", "dmar_fault: 5 callbacks" },
	};
	char text[TEXT_SIZE * 2], other[TEXT_SIZE * 3];
	struct iommu_fault fault;

	make_message(line->format, line->speaker, MESSAGE_ANY, text, sizeof(text));
	if (iommu_fault_decode(text, &fault))
		return true;
	for (size_t i = 0; i < array_size(words); i++) {
		if (!text_starts_with(text, words[i][0]))
			continue;
		snprintf(other, sizeof(other), "%s%s", words[i][1], text + strlen(words[i][0]));
		if (iommu_fault_decode(other, &fault))
			return true;
	}
	return false;
}

static bool is_claimed(const struct listed *line)
{
	if (is_fault(line))
		return true;
	for (const struct message_cause *cause = message_cause_next(NULL); cause; cause = message_cause_next(cause))
		for (const struct message_form *form = cause->form; form->format; form++)
			if (line->speaker == form->speaker && !strcmp(line->format, form->format))
				return true;
	return false;
}

static bool is_others(struct lists *lists, const struct listed *line)
{
	bool found = false;

	for (size_t i = 0; i < lists->other_count; i++) {
		struct other *other = &lists->other[i];

		if (fnmatch(other->file, line->file, 0) != 0 ||
			(fnmatch(other->pattern, line->format, FNM_NOESCAPE) != 0 &&
				strcmp(other->pattern, line->format) != 0))
			continue;
		other->used++;
		found = true;
	}
	return found;
}

/* Kernels before those that sluice runs on had more; rows have of them what people still meet. */
static bool is_of_today(const struct listed *line)
{
	for (size_t i = V5_10; i < MESSAGE_RELEASE_COUNT; i++)
		if (line->in[i])
			return true;
	return false;
}

static void every_message_is_somebodys(void **state)
{
	struct lists *lists = *state;
	size_t nobodys = 0;

	for (size_t i = 0; i < lists->line_count; i++) {
		struct listed *line = &lists->line[i];

		if (!is_of_today(line) || is_claimed(line) || is_others(lists, line))
			continue;
		print_error("no row has it, and it is not listed as not ours: %s\t%s\n", line->file, line->format);
		nobodys++;
	}
	for (size_t i = 0; i < lists->other_count; i++)
		if (!lists->other[i].used) {
			print_error("not-ours.list: for no message: %s\t%s\n", lists->other[i].file,
				lists->other[i].pattern);
			nobodys++;
		}
	assert_int_equal(nobodys, 0);
}

/* However old: a fault that is not decoded is one that nobody hears of. */
static void every_fault_is_decoded(void **state)
{
	const struct lists *lists = *state;
	size_t faults = 0;

	for (size_t i = 0; i < lists->line_count; i++) {
		const struct listed *line = &lists->line[i];

		if (!strstr(line->format, "[fault reason "))
			continue;
		faults++;
		if (!is_fault(line))
			fail_msg("not decoded: %s\t%s", line->file, line->format);
	}
	assert_true(faults > 10);
}

/* What is no form of the kernel, though it has the words. */
static void words_alone_are_no_message(void **state)
{
	static const char *const texts[] = {
		"",
		": ",
		"igb 0000:01:00.0: can't enable MSI-X",
		"igb 0000:01:00.0: not enough MMIO resources for SR-IOV, says a name",
		"process 'x 0000:01:00.0: not ready 1000ms after FLR; giving up' started with executable stack",
		"audit: comm=\"probe of 0000:01:00.0 failed with error -22\" pid=1",
		"DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address zero!",
		"pci 0000:01:00.0: BAR 2: can't reserve",
		"vfio-pci 0000:01:00.0: not ready ms after FLR; giving up",
	};
	struct message_match match;

	(void)state;
	for (size_t i = 0; i < array_size(texts); i++)
		if (message_find(texts[i], &match))
			fail_msg("taken for \"%s\": %s", match.cause->means, texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_in_the_sources),
		cmocka_unit_test(every_form_is_found),
		cmocka_unit_test(every_message_is_somebodys),
		cmocka_unit_test(every_fault_is_decoded),
		cmocka_unit_test(words_alone_are_no_message),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
