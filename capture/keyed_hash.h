/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-2-4 (Aumasson and Bernstein, 2012): 64 bits of a text, which nobody can guess without the key. */
#ifndef CAPTURE_KEYED_HASH_H
#define CAPTURE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

enum {
	KEYED_HASH_KEY_SIZE = 16
};

uint64_t keyed_hash(const uint8_t key[static KEYED_HASH_KEY_SIZE], const void *data, size_t size);

#endif
