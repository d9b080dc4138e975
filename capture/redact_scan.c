// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is what in a text: from the left, at each place where a word can begin, UUIDs, runs of octets (MAC addresses, numbers of cards),
 * PCI addresses (which stay), IPv6 and IPv4 addresses, and then words.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/redact.h"
#include "pci/identity.h"
#include "pci/pci.h"

enum {
	UUID_LENGTH = 36,
	OCTETS_MAX = 32,
	KNOWN_WORD_MIN = 4,   /* in running text shorter words are too common to be a name */
	KNOWN_NUMBER_MIN = 6, /* and so are shorter numbers */
	SHORT_NUMBER = 4,
	SHORT_WORD = 2,
};

struct scan {
	struct redact *redact;
	enum redact_mode mode;
	const char *text;
	size_t size, at;
	FILE *out;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) != 0;
}

static size_t left(const struct scan *scan)
{
	return scan->size - scan->at;
}

static bool ends(const struct scan *scan, size_t length)
{
	return length == left(scan) || !is_word(scan->text[scan->at + length]);
}

static size_t span(const struct scan *scan, const char *set)
{
	size_t length = 0;

	while (length < left(scan) && scan->text[scan->at + length] && strchr(set, scan->text[scan->at + length]))
		length++;
	return length;
}

static size_t take_uuid(struct scan *scan)
{
	const char *at = scan->text + scan->at;
	char to[UUID_LENGTH + 1];

	if (left(scan) < UUID_LENGTH || !ends(scan, UUID_LENGTH))
		return 0;
	for (size_t i = 0; i < UUID_LENGTH; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? at[i] != '-' : !isxdigit((unsigned char)at[i]))
			return 0;
	redact_uuid(scan->redact, at, to);
	fputs(to, scan->out);
	return UUID_LENGTH;
}

/* Octets: 6 are a MAC address, 8 the number of a card, 20 an InfiniBand port; 7 a MAC behind the kind of hardware (BOOTIF=). */
static void redact_octets(struct redact *redact, uint8_t *octet, size_t count)
{
	struct mac_addr mac;

	if (count >= 8) {
		redact_eui64(redact, octet + count - 8);
		return;
	}
	memcpy(mac.octet, octet + count - 6, 6);
	redact_mac(redact, &mac);
	memcpy(octet + count - 6, mac.octet, 6);
}

static bool says_nothing(const char *text, size_t length)
{
	char copy[OCTETS_MAX * 3];

	snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
	return pci_serial_is_useless(copy);
}

static size_t take_octets(struct scan *scan)
{
	const char *at = scan->text + scan->at;
	uint8_t octet[OCTETS_MAX];
	char separator = left(scan) > 2 ? at[2] : '\0';
	size_t count = 0, length;
	bool upper = false;

	if (separator != ':' && separator != '-')
		return 0;
	for (; count < OCTETS_MAX && left(scan) >= count * 3 + 2; count++) {
		const char *pair = at + count * 3;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			break;
		octet[count] = (uint8_t)strtoul((char[]){ pair[0], pair[1], '\0' }, NULL, 16);
		upper |= isupper((unsigned char)pair[0]) || isupper((unsigned char)pair[1]);
		if (left(scan) == count * 3 + 2 || pair[2] != separator) {
			count++;
			break;
		}
	}
	length = count * 3 - 1;
	if (count < 6 || !ends(scan, length) ||
		(scan->at + length < scan->size && at[length] == separator && scan->at + length + 1 < scan->size &&
			is_word(at[length + 1])))
		return 0;
	if (count < 8 || !says_nothing(at, length))
		redact_octets(scan->redact, octet, count);
	for (size_t i = 0; i < count; i++)
		fprintf(scan->out, upper ? "%s%02X" : "%s%02x", i ? (char[]){ separator, '\0' } : "", octet[i]);
	return length;
}

static size_t take_pci_address(struct scan *scan)
{
	size_t length = span(scan, "0123456789abcdefABCDEF:.");
	char text[PCI_ADDR_TEXT_SIZE];
	struct pci_addr addr;

	while (length && strchr(":.", scan->text[scan->at + length - 1]))
		length--;
	if (length < sizeof("00:00.0") - 1 || length >= sizeof(text) || !ends(scan, length))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, scan->text + scan->at);
	if (pci_addr_parse(text, &addr) < 0)
		return 0;
	fputs(text, scan->out);
	return length;
}

/* The N of "/N" behind an address; all bits without one. */
static unsigned int prefix_behind(const struct scan *scan, size_t length, unsigned int bits)
{
	const char *at = scan->text + scan->at + length;
	unsigned int prefix = 0, digits = 0;

	if (left(scan) == length || *at++ != '/')
		return bits;
	for (; digits < 3 && scan->at + length + 1 + digits < scan->size && isdigit((unsigned char)at[digits]);
		digits++)
		prefix = prefix * 10 + (unsigned int)(at[digits] - '0');
	return digits && prefix < bits ? prefix : bits;
}

static size_t take_address(struct scan *scan, int family)
{
	size_t length = span(scan, family == AF_INET ? "0123456789." : "0123456789abcdefABCDEF:.");
	unsigned int bits = family == AF_INET ? 32 : 128;
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	while (length && (scan->text[scan->at + length - 1] == '.' ||
				 (scan->text[scan->at + length - 1] == ':' &&
					 (length < 2 || scan->text[scan->at + length - 2] != ':'))))
		length--;
	if (length < 2 || length >= sizeof(text) || !ends(scan, length))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, scan->text + scan->at);
	if (inet_pton(family, text, address) != 1)
		return 0;
	if (family == AF_INET)
		redact_ipv4(scan->redact, address, prefix_behind(scan, length, bits));
	else
		redact_ipv6(scan->redact, address, prefix_behind(scan, length, bits));
	fputs(inet_ntop(family, address, text, sizeof(text)), scan->out);
	return length;
}

static size_t take_ip(struct scan *scan)
{
	const char *colon = memchr(scan->text + scan->at, ':', left(scan) < 5 ? left(scan) : 5);
	size_t length = 0;

	if (scan->mode == REDACT_PATHS)
		return 0;
	if (colon && (isxdigit((unsigned char)scan->text[scan->at]) || scan->text[scan->at] == ':'))
		length = take_address(scan, AF_INET6);
	/* "version 5.10.0.1" is none. */
	if (!length && isdigit((unsigned char)scan->text[scan->at]) &&
		!(scan->at >= 7 && !memcmp(scan->text + scan->at - 7, "ersion ", 7)))
		length = take_address(scan, AF_INET);
	return length;
}

/* A link named by systemd after its MAC: "enx001b21aabbcc". */
static bool take_mac_name(struct scan *scan, size_t length)
{
	const char *at = scan->text + scan->at;
	struct mac_addr mac;

	if (length != 15 || at[2] != 'x' || (memcmp(at, "en", 2) && memcmp(at, "wl", 2) && memcmp(at, "ib", 2)))
		return false;
	for (size_t i = 0; i < 6; i++)
		if (sscanf((char[]){ at[3 + 2 * i], at[4 + 2 * i], '\0' }, "%2hhx", &mac.octet[i]) != 1 ||
			!isxdigit((unsigned char)at[4 + 2 * i]))
			return false;
	redact_mac(scan->redact, &mac);
	fprintf(scan->out, "%.3s%02x%02x%02x%02x%02x%02x", at, mac.octet[0], mac.octet[1], mac.octet[2], mac.octet[3],
		mac.octet[4], mac.octet[5]);
	return true;
}

static bool stays(const struct scan *scan, const char *word, size_t length)
{
	size_t digits = 0;

	while (digits < length && isdigit((unsigned char)word[digits]))
		digits++;
	switch (scan->mode) {
	case REDACT_NUMBERS:
		return false;
	case REDACT_PATHS:
		return true;
	case REDACT_NAMES:
		return (digits == length && length <= SHORT_NUMBER) || length <= SHORT_WORD ||
		       redact_is_common(word, length);
	default:
		return length < (digits == length ? KNOWN_NUMBER_MIN : KNOWN_WORD_MIN) ||
		       redact_is_common(word, length) || redact_is_spoken(word, length) ||
		       !redact_knows(scan->redact, word, length);
	}
}

static size_t take_word(struct scan *scan)
{
	const char *word = scan->text + scan->at;
	char to[REDACT_WORD_MAX + 2];
	size_t length = 0;

	while (length < left(scan) && is_word(word[length]))
		length++;
	if (take_mac_name(scan, length))
		return length;
	if (length > REDACT_WORD_MAX)
		length = REDACT_WORD_MAX;
	if (stays(scan, word, length)) {
		fwrite(word, 1, length, scan->out);
	} else {
		redact_word(scan->redact, word, length, to);
		fputs(to, scan->out);
	}
	return length;
}

void redact_write(struct redact *redact, enum redact_mode mode, const char *text, size_t size, FILE *out)
{
	static size_t (*const takers[])(
		struct scan * scan) = { take_uuid, take_octets, take_pci_address, take_ip, take_word };
	struct scan scan = { redact, mode, text, size, 0, out };

	if (!redact) {
		fwrite(text, 1, size, out);
		return;
	}
	while (scan.at < size) {
		size_t length = 0;

		/* "::1" is what begins without a word. */
		if (is_word(text[scan.at]) || (text[scan.at] == ':' && (!scan.at || !is_word(text[scan.at - 1]))))
			for (size_t i = 0; i < array_size(takers) && !length; i++)
				length = takers[i](&scan);
		if (!length)
			fputc(text[scan.at], out);
		scan.at += length ? length : 1;
	}
}

const char *redact_put(struct redact *redact, enum redact_mode mode, const char *text, char *buf, size_t size)
{
	FILE *out;

	if (!redact) {
		text_copy(buf, size, text);
		return buf;
	}
	buf[0] = '\0';
	out = fmemopen(buf, size, "w");
	if (!out)
		return buf;
	redact_write(redact, mode, text, strlen(text), out);
	/* A text that does not fit is cut: fmemopen(3) ends it only where there is room. */
	fclose(out);
	buf[size - 1] = '\0';
	return buf;
}

const char *redact_serial(struct redact *redact, const char *text, char *buf, size_t size)
{
	if (!pci_serial_is_useless(text))
		return redact_put(redact, REDACT_NUMBERS, text, buf, size);
	text_copy(buf, size, text);
	return buf;
}
