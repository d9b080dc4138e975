/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: numbers, sizes and MAC addresses to and from what people write. Nothing here allocates.
 *
 * Parsers take the whole string: an empty one, trailing characters or a value out of range is -EINVAL or -ERANGE,
 * and the output is untouched.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mac_addr {
	uint8_t octet[6];
};

#define MAC_TEXT_SIZE sizeof("00:00:00:00:00:00")

/* Decimal, or hexadecimal after 0x. No sign, no spaces, no leading zeros read as octal. */
int text_to_u64(const char *text, uint64_t max, uint64_t *ret_value);

/* Bytes: "512M", "2G", "1048576"; the units K, M, G and T are powers of 1024, an "iB" or "B" may follow. */
int text_to_size(const char *text, uint64_t *ret_bytes);

/* Seconds: "90", "90s", "10m", "2h", "7d". */
int text_to_seconds(const char *text, uint64_t *ret_seconds);

/* "1.5 GiB", "192 MiB", "4096 B"; exact values lose their fraction. */
const char *size_to_text(uint64_t bytes, char *buf, size_t size);

/* Six octets separated by ':' or '-'. */
int text_to_mac(const char *text, struct mac_addr *ret_mac);
const char *mac_to_text(const struct mac_addr *mac, char buf[static MAC_TEXT_SIZE]);
bool mac_is_zero(const struct mac_addr *mac);
bool mac_is_multicast(const struct mac_addr *mac);

/* Copy, cutting at size - 1. Returns false when it was cut. */
bool text_copy(char *dst, size_t size, const char *src);

bool text_starts_with(const char *text, const char *prefix);

/* Remove white space at the end, in place. Returns text. */
char *text_chomp(char *text);

/* Names of guests and aliases: [A-Za-z0-9][A-Za-z0-9_.-]{0,30}. */
bool text_is_name(const char *text);

/* Number of single edits from one word to the other, for "did you mean"; words of up to 63 characters. */
unsigned int text_distance(const char *one, const char *other);

#endif
