// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is what in a text: from the left, at each place where a word can begin, UUIDs, runs of octets (MAC addresses,
 * numbers of cards), PCI addresses (which stay), IPv6 and IPv4 addresses, and then words. An address may be glued to
 * letters on either side ("eth0" or "mac" before it, a name behind it): a word ends where an address begins in it, and
 * what follows an address is another word.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
	MAC_DIGITS = 12,
	HASH_DIGITS = 32, /* a machine's id, an IPv6 address as the kernel's tables have it */
	PORT_LEAST = 256, /* behind a fourth dot: a port, and no part of a version */
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

/*
 * Octets: 6 are a MAC address, 8 the number of a card, 20 an InfiniBand port; 7 a MAC behind the kind of hardware
 * (BOOTIF=); 12 and 14 the two MACs that a packet begins with, as packet filters log them. Of more, the end is taken
 * for a card's number, the beginning for MACs.
 */
static void redact_octets(struct redact *redact, uint8_t *octet, size_t count)
{
	bool packet = count == 12 || count == 14;
	size_t macs_end = packet ? 12 : count == 20 ? 0 : count >= 8 ? count - 8 : count;
	struct mac_addr mac;

	if (count >= 8 && !packet)
		redact_eui64(redact, octet + count - 8);
	for (size_t at = count == 7 ? 1 : 0; at + 6 <= macs_end; at += 6) {
		memcpy(mac.octet, octet + at, 6);
		redact_mac(redact, &mac);
		memcpy(octet + at, mac.octet, 6);
	}
}

static bool says_nothing(const char *text, size_t length)
{
	char copy[OCTETS_MAX * 3];

	snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
	return pci_serial_is_useless(copy);
}

/* Pairs of digits with the same one of ':', '-' and '_' between them, as many as follow each other at at. */
static size_t octets_at(const char *at, size_t left, uint8_t octet[static OCTETS_MAX])
{
	char separator = left > 2 ? at[2] : '\0';
	size_t count = 0;

	if (separator != ':' && separator != '-' && separator != '_')
		return 0;
	while (count < OCTETS_MAX && left >= count * 3 + 2) {
		const char *pair = at + count * 3;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			break;
		/* Behind a whole address, a longer word is no octet of it; its last octet may have one glued to it. */
		if (count >= 6 && left > count * 3 + 2 && pair[2] != separator && is_word(pair[2]))
			break;
		octet[count++] = (uint8_t)strtoul((char[]){ pair[0], pair[1], '\0' }, NULL, 16);
		if (left == count * 3 - 1 || pair[2] != separator)
			break;
	}
	return count;
}

/*
 * The length of an IPv6 address at at; 0: none. What looks like more of it and makes no address is not part of it. One
 * that a letter follows has to look like one: "a::b" may be anything.
 */
static size_t ipv6_at(const char *at, size_t left)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	size_t length = 0, groups = 1;
	bool glued;

	while (length < left && at[length] && strchr("0123456789abcdefABCDEF:.", at[length]))
		length++;
	for (;; length--) {
		while (length &&
			(at[length - 1] == '.' || (at[length - 1] == ':' && (length < 2 || at[length - 2] != ':'))))
			length--;
		if (length < 2)
			return 0;
		snprintf(text, sizeof(text), "%.*s", (int)length, at);
		if (length < sizeof(text) && inet_pton(AF_INET6, text, address) == 1)
			break;
		while (length > 1 && !strchr(":.", at[length - 1]))
			length--;
	}
	glued = length < left && is_word(at[length]);
	for (size_t i = 0; i + 1 < length; i++)
		groups += at[i] == ':' && at[i + 1] != ':';
	return glued && groups < 3 && strcspn(at, ":") != 4 ? 0 : length;
}

static size_t ipv4_at(const char *at, size_t left)
{
	char text[INET_ADDRSTRLEN];
	uint8_t address[4];
	size_t length = 0, dots = 0, end = 0;

	while (length < left && (isdigit((unsigned char)at[length]) || at[length] == '.')) {
		if (at[length] == '.' && ++dots == 4)
			end = length;
		length++;
	}
	while (length && at[length - 1] == '.')
		length--;
	/* A fifth number is a port where it can be no part of a version; with it the whole is no address. */
	if (dots == 4 && end < length && strtoul(at + end + 1, NULL, 10) >= PORT_LEAST)
		length = end;
	if (!length || length >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, at);
	return inet_pton(AF_INET, text, address) == 1 ? length : 0;
}

static size_t take_octets(struct scan *scan)
{
	const char *at = scan->text + scan->at;
	uint8_t octet[OCTETS_MAX];
	size_t count = octets_at(at, left(scan), octet), length = count * 3 - 1;
	bool upper = false;

	/* More groups behind the pairs: it may be an IPv6 address whose first groups have two digits. */
	if (count < 6 || (at[2] == ':' && ipv6_at(at, left(scan)) > length))
		return 0;
	for (size_t i = 0; i < length; i++)
		upper |= isupper((unsigned char)at[i]) != 0;
	if (count < 8 || !says_nothing(at, length))
		redact_octets(scan->redact, octet, count);
	for (size_t i = 0; i < count; i++)
		fprintf(scan->out, upper ? "%s%02X" : "%s%02x", i ? (char[]){ at[2], '\0' } : "", octet[i]);
	return length;
}

/* The number of an InfiniBand card as the kernel writes it: "0002:c903:00a1:b2c3". */
static size_t take_guid(struct scan *scan)
{
	const char *at = scan->text + scan->at;
	const size_t length = 4 * 5 - 1;
	uint8_t octet[8];

	if (left(scan) < length || !ends(scan, length) || (left(scan) > length && at[length] == ':'))
		return 0;
	for (size_t i = 0; i < length; i++)
		if (i % 5 == 4 ? at[i] != ':' : !isxdigit((unsigned char)at[i]))
			return 0;
	for (size_t i = 0; i < 8; i++) {
		const char *pair = at + i / 2 * 5 + i % 2 * 2;

		octet[i] = (uint8_t)strtoul((char[]){ pair[0], pair[1], '\0' }, NULL, 16);
	}
	redact_eui64(scan->redact, octet);
	for (size_t i = 0; i < 8; i++)
		fprintf(scan->out, "%s%02x", i && i % 2 == 0 ? ":" : "", octet[i]);
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
	const char *at = scan->text + scan->at;
	size_t length = family == AF_INET ? ipv4_at(at, left(scan)) : ipv6_at(at, left(scan));
	unsigned int bits = family == AF_INET ? 32 : 128;
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (!length)
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)length, at);
	inet_pton(family, text, address);
	if (family == AF_INET)
		redact_ipv4(scan->redact, address, prefix_behind(scan, length, bits));
	else
		redact_ipv6(scan->redact, address, prefix_behind(scan, length, bits));
	fputs(inet_ntop(family, address, text, sizeof(text)), scan->out);
	return length;
}

/* As hosts of clouds are named after theirs: "ip-10-0-0-1". Elsewhere four numbers may be anything. */
static size_t take_joined_ipv4(struct scan *scan)
{
	const char *at = scan->text + scan->at;
	char separator = '\0', dotted[INET_ADDRSTRLEN] = "";
	uint8_t address[4];
	size_t length = 0, joints = 0;

	for (; length < left(scan) && length < sizeof(dotted) - 1; length++) {
		bool joint = at[length] == '-' || at[length] == '_';

		if (!isdigit((unsigned char)at[length]) &&
			(!joint || (separator && at[length] != separator) || joints == 3))
			break;
		separator = joint ? at[length] : separator;
		joints += joint;
		dotted[length] = joint ? '.' : at[length];
	}
	if (joints != 3 || !ends(scan, length) || inet_pton(AF_INET, dotted, address) != 1)
		return 0;
	if (scan->mode != REDACT_NAMES && (scan->at < 3 || strncasecmp(at - 3, "ip", 2) != 0 || at[-1] != separator))
		return 0;
	redact_ipv4(scan->redact, address, 32);
	fprintf(scan->out, "%d%c%d%c%d%c%d", address[0], separator, address[1], separator, address[2], separator,
		address[3]);
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

static size_t hex_tail(const char *word, size_t length)
{
	size_t count = 0;

	while (count < length && isxdigit((unsigned char)word[length - 1 - count]))
		count++;
	return count;
}

/*
 * Twelve digits that can only be a MAC: letters and digits among them, or as machine monitors give them out (52:54:00).
 */
static bool is_bare_mac(const char *at)
{
	bool letter = false, digit = false;

	for (size_t i = 0; i < MAC_DIGITS; i++) {
		letter |= isalpha((unsigned char)at[i]) != 0;
		digit |= isdigit((unsigned char)at[i]) != 0;
	}
	return (letter && digit) || !memcmp(at, "525400", 6);
}

/*
 * Where in a word of length letters and digits an address begins that goes on behind it, or is its end; length:
 * nowhere. A version ("v1.2.3.4", "g1a2b3c4d5e6f") and a number ("0x...") is none.
 */
static size_t address_in_word(const struct scan *scan, const char *word, size_t length)
{
	size_t rest = left(scan), hex = hex_tail(word, length), digits = 0;
	uint8_t octet[OCTETS_MAX];
	bool prefixed = length > MAC_DIGITS && (hex == MAC_DIGITS || !strncasecmp(word, "mac", 3)) && hex >= MAC_DIGITS;

	while (digits < length && isdigit((unsigned char)word[length - 1 - digits]))
		digits++;
	if (hex >= 2 && length > 2 && octets_at(word + length - 2, rest - (length - 2), octet) >= 6)
		return length - 2;
	for (size_t group = hex < 4 ? hex : 4; group >= 3 && group < length; group--)
		if (rest > length && word[length] == ':' && ipv6_at(word + length - group, rest - (length - group)))
			return length - group;
	if (scan->mode != REDACT_PATHS && digits && digits <= 3 && digits < length && length - digits > 1 &&
		ipv4_at(word + length - digits, rest - (length - digits)))
		return length - digits;
	if (prefixed && !(length == MAC_DIGITS + 2 && tolower((unsigned char)word[1]) == 'x') &&
		!(length == MAC_DIGITS + 1 && word[0] == 'g') && is_bare_mac(word + length - MAC_DIGITS))
		return length - MAC_DIGITS;
	return length;
}

/* Digits of an address without anything between them. Where every name or number is replaced, this one is as well. */
static bool take_bare(struct scan *scan, const char *word, size_t length)
{
	char to[REDACT_WORD_MAX + 2];
	uint8_t octet[6];

	if ((scan->mode != REDACT_RUNNING && scan->mode != REDACT_PATHS) || hex_tail(word, length) != length)
		return false;
	if (length == HASH_DIGITS) {
		redact_word(scan->redact, word, length, to);
		fputs(to, scan->out);
		return true;
	}
	if (length != MAC_DIGITS || !is_bare_mac(word))
		return false;
	for (size_t i = 0; i < sizeof(octet); i++)
		octet[i] = (uint8_t)strtoul((char[]){ word[2 * i], word[2 * i + 1], '\0' }, NULL, 16);
	redact_octets(scan->redact, octet, sizeof(octet));
	for (size_t i = 0; i < sizeof(octet); i++)
		fprintf(scan->out, "%02x", octet[i]);
	return true;
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
	length = address_in_word(scan, word, length);
	if (take_bare(scan, word, length))
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
	static size_t (*const takers[])(struct scan * scan) = { take_uuid, take_octets, take_guid, take_pci_address,
		take_joined_ipv4, take_ip, take_word };
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
