// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MAC and IP addresses, by permutations: no two become the same. The rest of a MAC goes through a Feistel network; bit
 * i of an IP address is flipped or not by a hash of the i bits before it (Xu et al., "Prefix-preserving IP address
 * anonymization", 2002), but nowhere on the way to a class of addresses that is to stay, so that nothing else becomes
 * one of those.
 */
#include <string.h>

#include "base/cleanup.h"
#include "capture/redact.h"

enum {
	FEISTEL_ROUNDS = 8
};

/* A permutation of numbers of 2 * half bits; tweak: another one for each. */
static uint64_t permute(const struct redact *redact, uint64_t value, unsigned int half, uint64_t tweak)
{
	uint64_t mask = (UINT64_C(1) << half) - 1;
	uint64_t left = value >> half & mask, right = value & mask;

	for (uint64_t round = 0; round < FEISTEL_ROUNDS; round++) {
		const uint64_t seed[] = { tweak, right, round << 8 | half };
		uint64_t next = left ^ (redact_hash(redact, 'f', seed, sizeof(seed)) & mask);

		left = right;
		right = next;
	}
	return left << half | right;
}

static uint64_t number_of(const uint8_t *octet, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | octet[i];
	return value;
}

/* The last count octets, of which half are bits of one side. Zeros and ones stay. */
static void permute_octets(const struct redact *redact, uint8_t *octet, size_t first, size_t end)
{
	unsigned int bits = (unsigned int)(end - first) * 8;
	uint64_t value = number_of(octet + first, end - first);
	uint64_t result;

	if (!value || value == (UINT64_C(1) << bits) - 1)
		return;
	result = permute(redact, value, bits / 2, number_of(octet, first));
	for (size_t i = end; i > first; i--, result >>= 8)
		octet[i - 1] = (uint8_t)result;
}

void redact_mac(struct redact *redact, struct mac_addr *mac)
{
	bool local = mac->octet[0] & 2;

	if (redact)
		permute_octets(redact, mac->octet, local ? 1 : 3, sizeof(mac->octet));
}

void redact_eui64(struct redact *redact, uint8_t octet[static 8])
{
	struct mac_addr mac = { { octet[0], octet[1], octet[2], octet[5], octet[6], octet[7] } };

	if (!redact)
		return;
	if (octet[3] != 0xff || (octet[4] != 0xff && octet[4] != 0xfe)) {
		permute_octets(redact, octet, 3, 8);
		return;
	}
	redact_mac(redact, &mac);
	memcpy(octet, mac.octet, 3);
	memcpy(octet + 5, mac.octet + 3, 3);
}

/*
 * IP ----------------------------------------------------------------------------------------------------------------
 */

struct class
{
	uint8_t address[16];
	unsigned int prefix; /* so many bits stay as they are */
	bool whole;          /* and all behind them */
};

static const struct class classes4[] = {
	{ { 0 }, 8, true },          /* this network, 0.0.0.0 */
	{ { 10 }, 8, false },        /* private */
	{ { 100, 64 }, 10, false },  /* behind a provider's NAT */
	{ { 127 }, 8, true },        /* loopback */
	{ { 169, 254 }, 16, false }, /* link-local */
	{ { 172, 16 }, 12, false },  /* private */
	{ { 192, 168 }, 16, false }, /* private */
	{ { 224 }, 3, true },        /* multicast, and what looks like a mask */
};

static const struct class classes6[] = {
	{ { 0 }, 8, true },            /* ::, ::1 */
	{ { 0x20 }, 3, false },        /* global */
	{ { 0xfc }, 7, false },        /* unique local */
	{ { 0xfe, 0x80 }, 64, false }, /* link-local */
	{ { 0xff }, 8, true },         /* multicast */
};

static bool bit_of(const uint8_t *address, unsigned int bit)
{
	return address[bit / 8] >> (7 - bit % 8) & 1;
}

static bool same_start(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	return !memcmp(a, b, bits / 8) && (!(bits % 8) || !((a[bits / 8] ^ b[bits / 8]) & mask));
}

/* May the bit change: does no class begin with what comes before it, or stay as a whole? */
static bool may_flip(const struct class *classes, size_t count, const uint8_t *address, unsigned int bit)
{
	for (size_t i = 0; i < count; i++) {
		unsigned int shorter = bit < classes[i].prefix ? bit : classes[i].prefix;

		if ((bit < classes[i].prefix || classes[i].whole) && same_start(address, classes[i].address, shorter))
			return false;
	}
	return true;
}

static bool flips(const struct redact *redact, const uint8_t *address, unsigned int bit)
{
	uint8_t seed[18] = { (uint8_t)bit };

	memcpy(seed + 1, address, (bit + 7) / 8);
	if (bit % 8)
		seed[1 + bit / 8] &= (uint8_t)(0xff00u >> bit % 8);
	return redact_hash(redact, 'i', seed, sizeof(seed)) & 1;
}

static void redact_ip(const struct redact *redact, const struct class *classes, size_t count, uint8_t *address,
	unsigned int bits, unsigned int prefix)
{
	uint8_t out[16];
	bool network = prefix < bits;

	memcpy(out, address, bits / 8);
	for (unsigned int bit = prefix; bit < bits; bit++)
		network &= !bit_of(address, bit);
	for (unsigned int bit = 0; bit < (network ? prefix : bits); bit++)
		if (may_flip(classes, count, address, bit) && flips(redact, address, bit))
			out[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
	memcpy(address, out, bits / 8);
}

void redact_ipv4(struct redact *redact, uint8_t address[static 4], unsigned int prefix)
{
	if (redact)
		redact_ip(redact, classes4, array_size(classes4), address, 32, prefix);
}

void redact_ipv6(struct redact *redact, uint8_t address[static 16], unsigned int prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!redact)
		return;
	if (!memcmp(address, mapped, sizeof(mapped)))
		redact_ipv4(redact, address + 12, prefix > 96 ? prefix - 96 : 0);
	else
		redact_ip(redact, classes6, array_size(classes6), address, 128, prefix);
}
