// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers, sizes and MAC addresses; see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	char letter;
	unsigned int shift;
} units[] = { { 'T', 40 }, { 'G', 30 }, { 'M', 20 }, { 'K', 10 } };

/* The digits at the start of text; strtoull() alone would take signs, spaces and octal. */
static int leading_u64(const char *text, const char **ret_end, uint64_t *ret_value)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	char *end;
	unsigned long long value;

	if (!(base == 16 ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
		return -EINVAL;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (errno)
		return -ERANGE;
	*ret_end = end;
	*ret_value = value;
	return 0;
}

int text_to_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;
	int ret = leading_u64(text, &end, &value);

	if (ret < 0)
		return ret;
	if (*end)
		return -EINVAL;
	if (value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int text_to_size(const char *text, uint64_t *ret_bytes)
{
	const char *end;
	uint64_t value;
	unsigned int shift = 0;
	int ret = leading_u64(text, &end, &value);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < array_size(units); i++)
		if (toupper((unsigned char)*end) == units[i].letter)
			shift = units[i].shift;
	end += shift != 0;
	if (*end && strcmp(end, "B") && !(shift && !strcmp(end, "iB")))
		return -EINVAL;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	return 0;
}

int text_to_seconds(const char *text, uint64_t *ret_seconds)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} spans[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const char *end;
	uint64_t value;
	int ret = leading_u64(text, &end, &value);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < array_size(spans); i++) {
		if (*end != spans[i].letter || (*end && end[1]))
			continue;
		if (value > UINT32_MAX)
			return -ERANGE;
		*ret_seconds = value * spans[i].seconds;
		return 0;
	}
	return -EINVAL;
}

const char *size_to_text(uint64_t bytes, char *buf, size_t size)
{
	for (size_t i = 0; i < array_size(units); i++) {
		uint64_t unit = 1ull << units[i].shift;

		if (bytes < unit)
			continue;
		if (bytes % unit == 0)
			snprintf(buf, size, "%" PRIu64 " %ciB", bytes / unit, units[i].letter);
		else
			snprintf(buf, size, "%.1f %ciB", (double)bytes / (double)unit, units[i].letter);
		return buf;
	}
	snprintf(buf, size, "%" PRIu64 " B", bytes);
	return buf;
}

int text_to_mac(const char *text, struct mac_addr *ret_mac)
{
	struct mac_addr mac;

	for (size_t i = 0; i < array_size(mac.octet); i++) {
		const char *pair = text + 3 * i;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		if (i == array_size(mac.octet) - 1 ? pair[2] != '\0' : pair[2] != ':' && pair[2] != '-')
			return -EINVAL;
		mac.octet[i] = (uint8_t)strtoul((char[]){ pair[0], pair[1], '\0' }, NULL, 16);
	}
	*ret_mac = mac;
	return 0;
}

const char *mac_to_text(const struct mac_addr *mac, char buf[static MAC_TEXT_SIZE])
{
	const uint8_t *o = mac->octet;

	snprintf(buf, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3], o[4], o[5]);
	return buf;
}

bool mac_is_zero(const struct mac_addr *mac)
{
	return !memcmp(mac, &(struct mac_addr){ 0 }, sizeof(*mac));
}

bool mac_is_multicast(const struct mac_addr *mac)
{
	return mac->octet[0] & 1;
}

bool text_copy(char *dst, size_t size, const char *src)
{
	size_t length = strnlen(src, size);
	bool fits = length < size;

	if (!size)
		return false;
	if (!fits)
		length = size - 1;
	memcpy(dst, src, length);
	dst[length] = '\0';
	return fits;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

char *text_chomp(char *text)
{
	size_t length = strlen(text);

	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

bool text_is_name(const char *text)
{
	size_t length = strnlen(text, 32);

	if (!length || length > 31 || !isalnum((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i]))
			return false;
	return true;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, one row at a time. */
unsigned int text_distance(const char *one, const char *other)
{
	unsigned int row[64];
	size_t width = strnlen(other, array_size(row) - 1);

	for (unsigned int j = 0; j <= width; j++)
		row[j] = j;
	for (unsigned int i = 1; one[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			unsigned int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (one[i - 1] != other[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}
