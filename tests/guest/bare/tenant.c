// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode=tenant: says what of its VF is not zero before anybody has written to it ("GUEST register OFFSET VALUE", "GUEST
 * word OFFSET VALUE" of the configuration space, "GUEST vector OFFSET VALUE" of the MSI-X table's BAR), then leaves
 * tag=N, another for each tenant, in all that keeps it, and asks the card's owner for an address, filters and a VLAN
 * of its own. Numbers that run by themselves are left out.
 */
#include "bare.h"

enum {
	CONFIG_BYTES = 4096,
	MSIX_BAR = 3,
	MSIX_BYTES = 0x3000,
	MAILBOX = 0xc40,
	STATUS = 0x8,
	FREE_TIMER = 0x1048,
	MESSAGE_MAC = 2,
	MESSAGE_MULTICAST = 3,
	MESSAGE_VLAN = 4,
	MESSAGE_LONG_FRAMES = 5,
	COMMAND = 4,
	LONG_FRAME = 1600,
};

static bool runs_by_itself(unsigned int offset)
{
	return offset == FREE_TIMER || offset == STATUS || offset == MAILBOX;
}

static uint32_t tag_of(unsigned int offset)
{
	return (uint32_t)parameter("tag", 1) * 0x01010101u ^ (offset << 4 & 0xfff0) ^ 0x5a5a5a50u;
}

static unsigned int tell(const char *what, volatile uint32_t *words, unsigned int bytes)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < bytes / 4; i++) {
		uint32_t value;

		if (!*what && runs_by_itself(4 * i))
			continue;
		value = words[i];
		if (!value)
			continue;
		say("%s %x %x", *what ? what : "register", (uint64_t)4 * i, (uint64_t)value);
		count++;
	}
	return count;
}

/* Returns how many words have changed by it. */
static unsigned int leave_tags(volatile uint32_t *words, unsigned int bytes, unsigned int first)
{
	unsigned int kept = 0;

	for (unsigned int i = first / 4; i < bytes / 4; i++) {
		uint32_t before = words[i];

		words[i] = tag_of(4 * i);
		if (words[i] != before)
			kept++;
	}
	return kept;
}

static bool ask(struct vf *vf, uint32_t first, uint32_t second, uint32_t third)
{
	uint32_t words[3] = { first, second, third };

	return vf_message(vf, words, 3);
}

/* Returns how many were granted. */
static unsigned int ask_for_attributes(struct vf *vf)
{
	uint32_t tag = (uint32_t)parameter("tag", 1);
	unsigned int granted = 0;

	granted += ask(vf, MESSAGE_MAC, 0x5a000002 | (tag & 0xff) << 16, 0x0100 | tag >> 8);
	granted += ask(vf, MESSAGE_MULTICAST | 1 << 16, tag & 0xfff, 0);
	granted += ask(vf, MESSAGE_VLAN | 1 << 16, 100 + tag % 3000, 0);
	granted += ask(vf, MESSAGE_LONG_FRAMES, LONG_FRAME, 0);
	return granted;
}

int tenant(void)
{
	struct vf vf;
	volatile uint32_t *vectors;
	unsigned int granted = 0, registers, words, vector_words;

	if (vf_find(&vf, 1) < 1) {
		say("error: no VF");
		return 1;
	}
	vectors = (volatile uint32_t *)bar_address(&vf.fn, MSIX_BAR);
	/* What the guest's machine gave it are its own addresses. */
	tell("word", (volatile uint32_t *)vf.fn.config, CONFIG_BYTES);
	tell("vector", vectors, MSIX_BYTES);
	tell("", vf.reg, VF_REGISTERS);
	say("ready");
	if (vf_reset(&vf))
		granted = ask_for_attributes(&vf);
	registers = leave_tags(vf.reg, MAILBOX, 4) + leave_tags(vf.reg, VF_REGISTERS, MAILBOX + 4);
	vector_words = leave_tags(vectors, MSIX_BYTES, 0);
	words = leave_tags((volatile uint32_t *)vf.fn.config, 16, 12) +
		leave_tags((volatile uint32_t *)vf.fn.config, CONFIG_BYTES, 40);
	say("tagged registers %u vectors %u words %u attributes %u", (uint64_t)registers, (uint64_t)vector_words,
		(uint64_t)words, (uint64_t)granted);
	return granted ? 0 : 1;
}
