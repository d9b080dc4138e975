// SPDX-License-Identifier: GPL-2.0-or-later
/* SipHash-2-4, as its paper describes it; see keyed_hash.h. */
#include "capture/keyed_hash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static void rounds(struct state *s, unsigned int count)
{
	while (count--) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Up to eight bytes, the first one lowest. */
static uint64_t word(const uint8_t *data, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, data, size);
	return le64toh(value);
}

static void take(struct state *s, uint64_t value)
{
	s->v3 ^= value;
	rounds(s, 2);
	s->v0 ^= value;
}

uint64_t keyed_hash(const uint8_t key[static KEYED_HASH_KEY_SIZE], const void *data, size_t size)
{
	const uint64_t k0 = word(key, 8), k1 = word(key + 8, 8);
	struct state s = { k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
		k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573) };
	const uint8_t *at = data;
	size_t left = size;

	for (; left >= 8; at += 8, left -= 8)
		take(&s, word(at, 8));
	take(&s, (uint64_t)size << 56 | (left ? word(at, left) : 0));
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
