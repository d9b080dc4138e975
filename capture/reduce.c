// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is taken of the kernel's own files, and what all reduce_...() share: lines, and words that are replaced. See
 * reduce.h.
 */
#include "capture/reduce.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "pci/identity.h"

/*
 * Lines -------------------------------------------------------------------------------------------------------------
 */

/*
 * The line at text, and those that it continues with ("\" at its end) as blanks; returns what follows, NULL at the end.
 */
static char *cut_line(char *text, size_t *ret_lines)
{
	*ret_lines = 1;
	for (char *end = text; (end = strchr(end, '\n')); end++) {
		if (end == text || end[-1] != '\\') {
			*end = '\0';
			return end + 1;
		}
		end[-1] = end[0] = ' ';
		(*ret_lines)++;
	}
	return NULL;
}

bool capture_lines(struct capture *capture, char *text, FILE *out, bool numbered, capture_line_fn fn, void *context)
{
	const char *end = text + strlen(text);
	size_t count = 1;

	for (char *line = text, *next; line && line < end; line = next) {
		long before = ftell(out);

		if (numbered) {
			next = cut_line(line, &count);
		} else {
			next = line + strcspn(line, "\n");
			next = *next ? next : NULL;
			if (next)
				*next++ = '\0';
		}
		fn(capture, line, out, context);
		if (numbered || ftell(out) > before)
			for (size_t i = 0; i < count; i++)
				fputc('\n', out);
	}
	return true;
}

void capture_put(struct capture *capture, enum redact_mode mode, const char *text, FILE *out)
{
	redact_write(capture->redact, mode, text, strlen(text), out);
}

/*
 * Whole files -------------------------------------------------------------------------------------------------------
 */

bool reduce_text(struct capture *capture, char *text, size_t size, FILE *out)
{
	redact_write(capture->redact, REDACT_RUNNING, text, size, out);
	return true;
}

bool reduce_words(struct capture *capture, char *text, size_t size, FILE *out)
{
	redact_write(capture->redact, REDACT_NAMES, text, size, out);
	return true;
}

/* Blanks round a number are no part of it. */
bool reduce_serial(struct capture *capture, char *text, size_t size, FILE *out)
{
	size_t start = strspn(text, " \t"), length;

	(void)size;
	text_chomp(text);
	length = strlen(text + start);
	if (pci_serial_is_useless(text + start))
		fwrite(text + start, 1, length, out);
	else
		redact_write(capture->redact, REDACT_NUMBERS, text + start, length, out);
	fputc('\n', out);
	return true;
}

bool reduce_mapper(struct capture *capture, char *text, size_t size, FILE *out)
{
	size_t kind = strcspn(text, "-");

	if (kind < size)
		kind++;
	fwrite(text, 1, kind, out);
	redact_write(capture->redact, REDACT_NUMBERS, text + kind, size - kind, out);
	return true;
}

bool reduce_cpuinfo(struct capture *capture, char *text, size_t size, FILE *out)
{
	const char *end = strstr(text, "\n\n");

	(void)capture;
	fwrite(text, 1, end ? (size_t)(end - text) + 1 : size, out);
	return true;
}

/* The strings of an environment end with NUL each. What stays is one name in plain characters, or nothing. */
bool reduce_container(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const char key[] = "container=";

	for (size_t at = 0; at < size; at += strnlen(text + at, size - at) + 1) {
		size_t length = strspn(text + at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=");

		if (strncmp(text + at, key, strlen(key)) != 0 || text[at + length])
			continue;
		fwrite(text + at, 1, length + 1, out);
		return true;
	}
	(void)capture;
	return false;
}

/* Its readers look for "btime" at the beginning of a line that is not the first. */
bool reduce_stat(struct capture *capture, char *text, size_t size, FILE *out)
{
	const char *line = strstr(text, "\nbtime ");

	(void)capture;
	(void)size;
	fputs("cpu  0\n", out);
	if (line)
		fprintf(out, "%.*s\n", (int)strcspn(line + 1, "\n"), line + 1);
	return true;
}

static void keep_module(struct capture *capture, char *line, FILE *out, void *context)
{
	char *address = strrchr(line, ' ');

	(void)capture;
	(void)context;
	/* "vfio 77824 6 vfio_pci, Live 0xffffffffc0000000 (O)": flags may follow. */
	if (address && address[1] == '(') {
		*address = '\0';
		address = strrchr(line, ' ');
	}
	if (address)
		fprintf(out, "%.*s 0x0", (int)(address - line), line);
}

bool reduce_modules(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_module, NULL);
}

/* Lines that begin with, or contain, one of a list. */
struct wanted {
	const char *const *words;
	bool anywhere;
	enum redact_mode mode;
};

static void keep_wanted(struct capture *capture, char *line, FILE *out, void *context)
{
	const struct wanted *wanted = context;

	for (const char *const *word = wanted->words; *word; word++)
		if (wanted->anywhere ? strstr(line, *word) != NULL : text_starts_with(line, *word)) {
			capture_put(capture, wanted->mode, line, out);
			return;
		}
}

bool reduce_input(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const char *const words[] = { "S: Sysfs=", "H: Handlers=", "B: EV=", NULL };
	struct wanted wanted = { words, false, REDACT_PATHS };

	(void)size;
	return capture_lines(capture, text, out, false, keep_wanted, &wanted);
}

bool reduce_nvidia(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const char *const words[] = { "Device Minor:", NULL };
	struct wanted wanted = { words, false, REDACT_PATHS };

	(void)size;
	return capture_lines(capture, text, out, false, keep_wanted, &wanted);
}

bool reduce_trace(struct capture *capture, char *text, size_t size, FILE *out)
{
	static const char *const words[] = { "io_page_fault:", NULL };
	struct wanted wanted = { words, true, REDACT_RUNNING };

	(void)size;
	return capture_lines(capture, text, out, false, keep_wanted, &wanted);
}

bool reduce_grub_stub(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)capture;
	(void)size;
	fputs(strstr(text, "configfile") ? "configfile\n" : "#\n", out);
	return true;
}

/* Names alone decide; those with text as a value (CONFIG_CMDLINE, CONFIG_DEFAULT_HOSTNAME) are none of these. */
static void keep_option(struct capture *capture, char *line, FILE *out, void *context)
{
	static const char *const words[] = { "IOMMU", "VFIO", "KVM", "IRQ_REMAP", "CONFIG_PCI", "X86_X2APIC", "HUGETLB",
		"STRICT_DEVMEM" };
	const char *equals = strchr(line, '=');

	(void)capture;
	(void)context;
	if (!text_starts_with(line, "CONFIG_") || !equals || strspn(equals + 1, "ym") != 1 || equals[2])
		return;
	for (size_t i = 0; i < array_size(words); i++)
		if (strstr(line, words[i]) && strstr(line, words[i]) < equals) {
			fputs(line, out);
			return;
		}
}

/* Its readers look behind a line's end. */
bool reduce_kernel_config(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	fputs("#\n", out);
	return capture_lines(capture, text, out, false, keep_option, NULL);
}

/*
 * Modules -----------------------------------------------------------------------------------------------------------
 */

/* Quick: the vendor in the pattern is a device's, or any. */
static bool may_fit(const char *pattern, const char *modalias)
{
	return pattern[5] == '*' || !strncmp(pattern, modalias, strlen("pci:v00008086"));
}

static void keep_alias(struct capture *capture, char *line, FILE *out, void *context)
{
	const char *pattern = line + strlen("alias ");
	size_t length = text_starts_with(line, "alias pci:v") ? strcspn(pattern, " ") : 0;
	char copy[256];

	(void)context;
	if (!length || length >= sizeof(copy))
		return;
	memcpy(copy, pattern, length);
	copy[length] = '\0';
	for (size_t i = 0; i < capture->modalias_count; i++)
		if (may_fit(copy, capture->modalias[i]) && !fnmatch(copy, capture->modalias[i], 0)) {
			fputs(line, out);
			return;
		}
}

/* A file of nothing would count as none: its reader wants some text. */
bool reduce_aliases(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	fputs("#\n", out);
	return capture_lines(capture, text, out, false, keep_alias, NULL);
}

/* Names are asked for with '-' or '_', and files have either. */
static bool same_module(const char *file, const char *module, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (file[i] != module[i] && !(strchr("-_", file[i]) && strchr("-_", module[i])))
			return false;
	return text_starts_with(file + length, ".ko");
}

/* "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/...": the file, without what it needs. */
static void keep_module_file(struct capture *capture, char *line, FILE *out, void *context)
{
	const char *name;
	bool wanted;

	(void)context;
	line[strcspn(line, ": ")] = '\0';
	name = strrchr(line, '/');
	name = name ? name + 1 : line;
	wanted = text_starts_with(name, "vfio") || text_starts_with(name, "kvm") || text_starts_with(name, "iommufd");
	for (size_t i = 0; i < capture->host->pci.count && !wanted; i++) {
		const char *driver = capture->host->pci.devices[i].driver;

		wanted = driver[0] && same_module(name, driver, strlen(driver));
	}
	if (wanted)
		fprintf(out, "%s:", line);
}

bool reduce_module_files(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, false, keep_module_file, NULL);
}
