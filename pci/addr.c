// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI addresses as people and sysfs write them: [domain:]bus:device.function, hexadecimal. The kernel prints at least
 * four digits of domain; VMD's domains need five and more.
 */
#include "pci/pci.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Up to digits hexadecimal digits, at least one, then the character end. Moves *text behind it. */
static int parse_part(const char **text, unsigned int digits, char end, uint32_t max, uint32_t *ret_value)
{
	const char *at = *text;
	uint32_t value = 0;

	while (isxdigit((unsigned char)*at)) {
		if ((unsigned int)(at - *text) == digits)
			return -EINVAL;
		value = value << 4 | (uint32_t)(isdigit((unsigned char)*at) ? *at - '0' : (*at | 0x20) - 'a' + 10);
		at++;
	}
	if (at == *text || *at != end || value > max)
		return -EINVAL;
	*text = end ? at + 1 : at;
	*ret_value = value;
	return 0;
}

static unsigned int count_colons(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += *text == ':';
	return count;
}

int pci_addr_parse(const char *text, struct pci_addr *ret_addr)
{
	uint32_t domain = 0;
	uint32_t bus;
	uint32_t device;
	uint32_t function;

	if (count_colons(text) == 2 && parse_part(&text, 8, ':', UINT32_MAX, &domain) < 0)
		return -EINVAL;
	if (parse_part(&text, 2, ':', 0xff, &bus) < 0 || parse_part(&text, 2, '.', 31, &device) < 0 ||
		parse_part(&text, 1, '\0', 7, &function) < 0)
		return -EINVAL;
	*ret_addr = (struct pci_addr){ domain, (uint8_t)bus, (uint8_t)device, (uint8_t)function };
	return 0;
}

/* At least digits hexadecimal digits. Returns where it ended. */
static char *put_part(char *at, uint32_t value, unsigned int digits)
{
	while (digits < 8 && value >> 4 * digits)
		digits++;
	while (digits--)
		*at++ = "0123456789abcdef"[value >> 4 * digits & 0xf];
	return at;
}

/* By hand and not by printf: a list of thousands of functions spends a tenth of its time here otherwise. */
const char *pci_addr_text(struct pci_addr addr, char buf[static PCI_ADDR_TEXT_SIZE])
{
	char *at = put_part(buf, addr.domain, 4);

	*at++ = ':';
	at = put_part(at, addr.bus, 2);
	*at++ = ':';
	at = put_part(at, addr.device & 31u, 2);
	*at++ = '.';
	at = put_part(at, addr.function & 7u, 1);
	*at = '\0';
	return buf;
}

static uint64_t addr_key(struct pci_addr addr)
{
	return (uint64_t)addr.domain << 32 | (uint64_t)addr.bus << 16 | (uint64_t)addr.device << 8 | addr.function;
}

int pci_addr_compare(struct pci_addr a, struct pci_addr b)
{
	uint64_t one = addr_key(a);
	uint64_t other = addr_key(b);

	return one < other ? -1 : one > other;
}

/* sysfs writes addresses in full; "00:00:0.0" is a serial port. */
int pci_addr_in_path(const char *path, struct pci_addr *ret_addr)
{
	int found = -ENOENT;

	while (*path) {
		size_t length = 0;
		char part[PCI_ADDR_TEXT_SIZE];
		struct pci_addr addr;

		while (path[length] && path[length] != '/')
			length++;
		if (length < sizeof(part) && length >= sizeof("0000:00:00.0") - 1) {
			snprintf(part, sizeof(part), "%.*s", (int)length, path);
			if (!pci_addr_parse(part, &addr)) {
				*ret_addr = addr;
				found = 0;
			}
		}
		path += length + (path[length] == '/');
	}
	return found;
}
