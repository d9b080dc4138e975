// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message against a printf format. %d and %u stand for decimal digits, %x for hexadecimal ones, %c for one character,
 * all others (names, resources, errors) for any text. A line break inside a format is a line break, what the log makes
 * of one, or the message's end: some logs keep the first line only. Every character is looked at a bounded number of
 * times.
 */
#include "distro/kernel_message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/kernel_log.h"

static const struct message_cause *const tables[] = { message_causes_pci, message_causes_iommu, message_causes_vfio,
	message_causes_driver };

const struct message_cause *message_cause_next(const struct message_cause *cause)
{
	if (!cause)
		return tables[0];
	cause++;
	for (size_t i = 0; !cause->means && i + 1 < array_size(tables); i++) {
		const struct message_cause *end = tables[i];

		while (end->means)
			end++;
		if (end == cause)
			cause = tables[i + 1];
	}
	return cause->means ? cause : NULL;
}

/* Behind a conversion that begins at '%'; *ret_kind is its letter, 's' for each that gives text. */
static const char *skip_conversion(const char *at, char *ret_kind)
{
	at++;
	at += strspn(at, "-+ #0123456789.*");
	at += strspn(at, "hlzLqjt");
	*ret_kind = *at && strchr("diuxXc%", *at) ? *at : 's';
	if (*at == 'p')
		at += strspn(at + 1, "ABDEFGHIKMNORSUVabdefghkmnprswx");
	return *at ? at + 1 : at;
}

/* Behind a number; NULL where there is none. Padding is part of it. */
static const char *skip_number(const char *text, bool hexadecimal)
{
	size_t length;

	text += strspn(text, " ");
	text += *text == '-' || *text == '+';
	if (hexadecimal && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	length = strspn(text, hexadecimal ? "0123456789abcdefABCDEF" : "0123456789");
	return length ? text + length : NULL;
}

static const char *skip_line_break(const char *text)
{
	if (text_starts_with(text, "\\x0a"))
		return text + 4;
	return *text == '\n' || *text == ' ' ? text + 1 : NULL;
}

/* One step that is not text: behind what it takes of the message, or NULL. *format moves behind the step. */
static const char *take_step(const char *text, const char **format)
{
	char kind;

	if (**format == '\\' && (*format)[1] == 'n') {
		*format += 2;
		return skip_line_break(text);
	}
	if (**format != '%')
		return *text == *(*format)++ && *text ? text + 1 : NULL;
	*format = skip_conversion(*format, &kind);
	switch (kind) {
	case 'd':
	case 'i':
	case 'u':
		return skip_number(text, false);
	case 'x':
	case 'X':
		return skip_number(text, true);
	case '%':
		return *text == '%' ? text + 1 : NULL;
	default: /* %c */
		return *text ? text + 1 : NULL;
	}
}

static bool is_number(const char *format)
{
	char kind = 0;

	if (*format == '%')
		skip_conversion(format, &kind);
	return kind && strchr("diuxX", kind);
}

/* A number that another one follows at once has no end of its own. */
static bool is_text(const char *format)
{
	char kind = 0;

	if (*format != '%')
		return false;
	return (is_number(format) && is_number(skip_conversion(format, &kind))) ||
	       (skip_conversion(format, &kind) && kind == 's');
}

/*
 * As a shell's pattern is matched: where it fails, the last conversion that stands for text takes one character more.
 */
static bool is_of_format(const char *text, const char *format)
{
	const char *retry_text = NULL, *retry_format = NULL;
	char kind;

	for (;;) {
		if (is_text(format)) {
			format = skip_conversion(format, &kind);
			retry_text = text;
			retry_format = format;
			continue;
		}
		if (!*text && (!*format || (format[0] == '\\' && format[1] == 'n')))
			return true;
		text = *format ? take_step(text, &format) : NULL;
		if (text)
			continue;
		if (!retry_text || !*retry_text)
			return false;
		text = ++retry_text;
		format = retry_format;
	}
}

/* Behind "DRIVER DEVICE: ", with the device; NULL where a message does not begin so. */
static const char *skip_speaker(const char *text, struct message_match *match)
{
	const char *end = strstr(text, ": ");
	const char *name = end;

	while (name && name > text && name[-1] != ' ')
		name--;
	if (!end || name == text || (size_t)(end - name) >= sizeof(match->name))
		return NULL;
	memcpy(match->name, name, (size_t)(end - name));
	match->name[end - name] = '\0';
	match->has_device = !pci_addr_parse(match->name, &match->device);
	if (match->has_device)
		match->name[0] = '\0';
	return end + 2;
}

/* The select of a form, on what stands where the format's first conversion is. */
static bool is_selected(const struct message_form *form, const char *text)
{
	unsigned long number;
	char *end;

	if (form->select == MESSAGE_ANY)
		return true;
	if (form->select == MESSAGE_UNCORRECTED) {
		text = strstr(text, "severity=");
		return text && !text_starts_with(text + strlen("severity="), "Correct");
	}
	text += strcspn(form->format, "%");
	if (text_starts_with(text, "VF BAR"))
		return form->select == MESSAGE_VF_BAR;
	if (text_starts_with(text, "BAR"))
		return form->select == MESSAGE_BAR;
	number = strtoul(text, &end, 10);
	if (end == text)
		return false;
	return form->select == MESSAGE_BAR ? number < 6 : number >= 7 && number <= 12;
}

static bool has_form(const char *text, const char *spoken, const struct message_form *form)
{
	const char *said = form->speaker == MESSAGE_OF_DEVICE ? spoken : text;

	return said && is_of_format(said, form->format) && is_selected(form, said);
}

const char *message_fix(const struct message_cause *cause, const char *device, char *buf, size_t size)
{
	static const char mark[] = "DEVICE";
	const char *text = cause->fix;
	size_t with = strcspn(text, "|");
	const char *place = strstr(text, mark);

	if (!device)
		snprintf(buf, size, "%s", text[with] ? text + with + 1 : text);
	else if (place && place < text + with)
		snprintf(buf, size, "%.*s%s%.*s", (int)(place - text), text, device,
			(int)(text + with - place - strlen(mark)), place + strlen(mark));
	else
		snprintf(buf, size, "%.*s", (int)with, text);
	return buf;
}

bool message_find(const char *text, struct message_match *ret_match)
{
	struct message_match match = { .cause = NULL };
	const char *spoken = skip_speaker(text, &match);

	for (const struct message_cause *cause = message_cause_next(NULL); cause; cause = message_cause_next(cause))
		for (const struct message_form *form = cause->form; form->format; form++) {
			if (!has_form(text, spoken, form))
				continue;
			match.cause = cause;
			match.form = form;
			if (form->speaker == MESSAGE_PLAIN) {
				match.name[0] = '\0';
				match.has_device = kernel_message_device(text, &match.device);
			}
			*ret_match = match;
			return true;
		}
	return false;
}

bool message_names_function(const char *text, char *buf, size_t size, struct pci_addr *ret_addr)
{
	static const char mark[] = "pci function ";
	struct message_match match = { .cause = NULL };
	const char *spoken = skip_speaker(text, &match);

	if (!spoken || match.has_device || !text_starts_with(spoken, mark) ||
		pci_addr_parse(spoken + strlen(mark), ret_addr))
		return false;
	text_copy(buf, size, match.name);
	return true;
}
