// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode=load: two VFs send each other frames without end, so that one reads and the other writes this guest's memory
 * all the time, and interrupts by MSI-X are on their way. "GUEST load N" when N frames have come; nobody but kill -9
 * ends it.
 */
#include "bare.h"

enum {
	CAP_MSIX = 0x11,
	MSIX_CONTROL = 2,
	MSIX_ENABLE = 1 << 15,
	MSIX_BAR = 3,
	VECTOR = 0x41,
	INTERRUPT_ADDRESS = 0xfee00000,
	VF_EIMS = 0x1524,
	VF_EIAC = 0x152c,
	VF_IVAR0 = 0x1700,
	RX_TO_VECTOR_0 = 0x80,
	PAYLOAD = 1024,
	FRAMES_FIRST = 200,
};

static uint8_t payload[PAYLOAD];

static void enable_interrupts(struct vf *vf)
{
	volatile uint32_t *table = (volatile uint32_t *)bar_address(&vf->fn, MSIX_BAR);
	unsigned int at = vf->fn.config[0x34];

	while (at && vf->fn.config[at] != CAP_MSIX)
		at = vf->fn.config[at + 1];
	table[0] = INTERRUPT_ADDRESS;
	table[1] = 0;
	table[2] = VECTOR;
	table[3] = 0;
	*(volatile uint16_t *)(vf->fn.config + at + MSIX_CONTROL) = MSIX_ENABLE;
	vf->reg[VF_IVAR0 / 4] = RX_TO_VECTOR_0;
	vf->reg[VF_EIAC / 4] = 1;
	vf->reg[VF_EIMS / 4] = 1;
}

int load(void)
{
	struct vf vf[2];
	uint64_t frames = 0;
	uint8_t header[2][VF_HEADER];
	uint16_t bytes;

	if (vf_find(vf, 2) < 2 || !vf_reset(&vf[0]) || !vf_reset(&vf[1])) {
		say("error: no two VFs that answer");
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		enable_interrupts(&vf[i]);
		vf_header(&vf[i], &vf[!i], header[i]);
	}
	say("ready");
	for (unsigned int turn = 0;; turn++) {
		struct vf *from = &vf[turn & 1], *to = &vf[~turn & 1];

		vf_send(from, header[turn & 1], (uint64_t)payload, PAYLOAD);
		while (vf_received(to, &bytes))
			if (++frames == FRAMES_FIRST)
				say("load %u", frames);
	}
}
