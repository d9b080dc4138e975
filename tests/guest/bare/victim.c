// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode=victim: the neighbour of a hostile guest. Nearly all of its memory holds what only its place can hold; again and
 * again it looks whether all of it is as it was, and whether its two VFs bring each other every frame as it was sent:
 * "GUEST intact ROUND", without end.
 */
#include "bare.h"

enum {
	FRAMES = 20,
	PAYLOAD = 512,
	PATIENCE_MS = 10000,
};

#define CANARY_START (16ull << 20) /* behind this program */

static uint64_t canary(uint64_t address)
{
	return (address ^ 0x5a5a5a5a5a5a5a5aull) * 0x9e3779b97f4a7c15ull;
}

static void fill(void)
{
	for (uint64_t at = CANARY_START; at < ram_end(); at += sizeof(uint64_t))
		*(volatile uint64_t *)at = canary(at);
}

static bool is_intact(void)
{
	for (uint64_t at = CANARY_START; at < ram_end(); at += sizeof(uint64_t))
		if (*(volatile uint64_t *)at != canary(at)) {
			say("damaged at %x: %x", at, *(volatile uint64_t *)at);
			return false;
		}
	return true;
}

static bool is_as_sent(const uint8_t *frame, uint16_t bytes, const uint8_t *payload)
{
	if (bytes < VF_HEADER + PAYLOAD)
		return false;
	for (unsigned int i = 0; i < PAYLOAD; i++)
		if (frame[VF_HEADER + i] != payload[i])
			return false;
	return true;
}

/* Frames of others (broadcasts) are none of the twenty. */
static bool arrives(struct vf *from, struct vf *to, const uint8_t *header, const uint8_t *payload)
{
	uint64_t until = milliseconds() + PATIENCE_MS;
	const uint8_t *frame;
	uint16_t bytes;

	vf_send(from, header, (uint64_t)payload, PAYLOAD);
	while (milliseconds() < until) {
		frame = vf_received(to, &bytes);
		if (frame && is_as_sent(frame, bytes, payload))
			return true;
	}
	say("lost a frame");
	return false;
}

static bool talk(struct vf *from, struct vf *to)
{
	static uint8_t payload[PAYLOAD];
	uint8_t header[VF_HEADER];

	vf_header(from, to, header);
	for (int n = 0; n < FRAMES; n++) {
		for (unsigned int i = 0; i < PAYLOAD; i++)
			payload[i] = (uint8_t)random64();
		if (!arrives(from, to, header, payload))
			return false;
	}
	return true;
}

int victim(void)
{
	struct vf vf[2];

	if (vf_find(vf, 2) < 2 || !vf_reset(&vf[0]) || !vf_reset(&vf[1])) {
		say("error: no two VFs that answer");
		return 1;
	}
	fill();
	say("ready");
	for (uint64_t round = 1;; round++) {
		if (!is_intact() || !talk(&vf[0], &vf[1]) || !talk(&vf[1], &vf[0]))
			return 1;
		say("intact %u", round);
	}
}
