// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode=dma: DMA to addresses that are not this guest's. One VF sends frames whose second half lies at such an address,
 * to the other VF, which shows what came of the read; then that one has its buffers there, and is sent what this file
 * calls poison, for somebody else to look for; then the rings themselves are there. at=ADDRESS,…: addresses to aim at
 * besides, of which the caller knows whose they are.
 *
 * Not aimed at for writing: the interrupt window at 0xfee00000, since QEMU's VT-d takes a write there for an interrupt
 * in the old format.
 */
#include "bare.h"

enum {
	PAGE = 4096,
	PAYLOAD = 64,
	BATCH = VF_RING / 2 - 1,
	RING_FETCHES = 4,
	AIM_MAX = 32,
	POISON_WORDS = PAYLOAD / 8,
};

#define INTERRUPT_WINDOW 0xfee00000ull
#define INTERRUPT_WINDOW_END 0xfef00000ull

/* "~sLuIcE~", which tests/hil/hostile-guest.test looks for; inverted, so that this program itself does not hold it. */
static volatile uint64_t poison_inverted = ~0x7e456349754c737eull;
static uint64_t poison[POISON_WORDS] __attribute__((aligned(64)));

struct tally {
	uint64_t reads, writes, fetches, leaked, answered;
};

static uint64_t behind_ram(const struct vf *vf)
{
	static const uint64_t steps[] = { 0, PAGE, 2 * PAGE, 1 << 20, 2 << 20 };

	(void)vf;
	return ram_end() + steps[random64() % (sizeof(steps) / sizeof(steps[0]))];
}

static uint64_t hole_below_4g(const struct vf *vf)
{
	uint64_t start = ram_end() + PAGE;

	(void)vf;
	return start + random64() % (0x100000000ull - start);
}

static uint64_t interrupt_window(const struct vf *vf)
{
	(void)vf;
	return INTERRUPT_WINDOW + random64() % (INTERRUPT_WINDOW_END - INTERRUPT_WINDOW);
}

static uint64_t own_registers(const struct vf *vf)
{
	return bar_address(&vf->fn, random64() & 1 ? 0 : 3) + random64() % VF_REGISTERS;
}

static uint64_t chip_registers(const struct vf *vf)
{
	static const uint64_t chips[] = { 0xfec00000, 0xfed00000, 0xfed90000, 0xb0000000, 0xe0000000 };

	(void)vf;
	return chips[random64() % (sizeof(chips) / sizeof(chips[0]))] + random64() % PAGE;
}

static uint64_t above_4g(const struct vf *vf)
{
	(void)vf;
	return 0x100000000ull + random64() % (64ull << 30);
}

static uint64_t as_wide_as_tables(const struct vf *vf)
{
	(void)vf;
	return random64() & 0xffffffffffffull;
}

static uint64_t anywhere(const struct vf *vf)
{
	(void)vf;
	return random64();
}

static uint64_t at_the_very_end(const struct vf *vf)
{
	(void)vf;
	return 0 - PAGE * (1 + random64() % 4);
}

static uint64_t chosen(const struct vf *vf)
{
	uint64_t address, count = 0;

	while (count < AIM_MAX && parameter_at("at", (unsigned int)count, &address))
		count++;
	if (!count || !parameter_at("at", (unsigned int)(random64() % count), &address))
		return hole_below_4g(vf);
	return address + random64() % PAGE;
}

static uint64_t (*const kinds[])(const struct vf *vf) = {
	behind_ram,
	hole_below_4g,
	interrupt_window,
	own_registers,
	chip_registers,
	above_4g,
	as_wide_as_tables,
	anywhere,
	at_the_very_end,
	chosen,
	chosen,
};

/* Never this guest's own, and not across the end of all addresses. */
static uint64_t aim(const struct vf *vf, uint64_t bytes, bool write)
{
	for (;;) {
		uint64_t address = kinds[random64() % (sizeof(kinds) / sizeof(kinds[0]))](vf) & ~(uint64_t)15;

		if (address + bytes < address || is_ram(address, bytes))
			continue;
		if (write && address < INTERRUPT_WINDOW_END && INTERRUPT_WINDOW < address + bytes)
			continue;
		return address;
	}
}

/* What a refused read brought: nothing, or all ones. */
static void look_for_leaks(struct vf *vf, struct tally *tally)
{
	const uint8_t *frame;
	uint16_t bytes;

	while ((frame = vf_received(vf, &bytes))) {
		tally->answered++;
		for (unsigned int i = VF_HEADER; i < bytes && i < VF_HEADER + PAYLOAD; i++)
			if (frame[i] != 0 && frame[i] != 0xff) {
				tally->leaked++;
				say("leak %x", (uint64_t)frame[i]);
				break;
			}
	}
}

static void read_batch(struct vf *from, struct vf *to, struct tally *tally)
{
	uint8_t header[VF_HEADER];

	vf_header(from, to, header);
	vf_fill_rx(to, 0);
	for (int i = 0; i < BATCH; i++) {
		vf_send(from, header, aim(from, PAYLOAD, false), PAYLOAD);
		tally->reads++;
	}
	look_for_leaks(to, tally);
}

static void write_batch(struct vf *from, struct vf *to, struct tally *tally)
{
	uint8_t header[VF_HEADER];

	vf_header(from, to, header);
	for (int i = 0; i < BATCH; i++) {
		if (i % 4 == 0)
			vf_fill_rx(to, aim(to, VF_BUFFER, true));
		vf_send(from, header, (uint64_t)poison, PAYLOAD);
		tally->writes++;
	}
}

/* The rings lie where nothing is: the card looks there for what to do, and writes down that it has done it. */
static void ring_batch(struct vf *from, struct vf *to, struct tally *tally)
{
	uint8_t header[VF_HEADER];

	vf_place_tx(from, aim(from, VF_RING * sizeof(struct descriptor), true) & ~(uint64_t)127);
	from->reg[(VF_TX + 0x18) / 4] = RING_FETCHES;
	tally->fetches += RING_FETCHES;
	vf_place_tx(from, (uint64_t)from->tx);
	vf_header(from, to, header);
	vf_place_rx(to, aim(to, VF_RING * sizeof(struct descriptor), true) & ~(uint64_t)127);
	to->reg[(VF_RX + 0x18) / 4] = VF_RING - 1;
	vf_send(from, header, (uint64_t)poison, PAYLOAD);
	tally->fetches++;
}

/* Do the two still talk to each other? */
static bool talk(struct vf *from, struct vf *to)
{
	uint64_t until;
	uint8_t header[VF_HEADER];
	uint16_t bytes;

	if (!vf_reset(from) || !vf_reset(to))
		return false;
	vf_header(from, to, header);
	vf_send(from, header, (uint64_t)poison, PAYLOAD);
	for (until = milliseconds() + 2000; milliseconds() < until;)
		if (vf_received(to, &bytes))
			return true;
	return false;
}

int hostile_dma(void)
{
	struct tally tally = { 0 };
	struct vf vf[2];
	uint64_t count = parameter("count", 2000), told = 0;

	for (int i = 0; i < POISON_WORDS; i++)
		poison[i] = ~poison_inverted;
	if (vf_find(vf, 2) < 2 || !talk(&vf[0], &vf[1]) || !talk(&vf[1], &vf[0])) {
		say("error: no two VFs that talk to each other");
		return 1;
	}
	say("ready");
	for (unsigned int turn = 0; tally.reads + tally.writes + tally.fetches < count; turn++) {
		struct vf *from = &vf[turn & 1], *to = &vf[~turn & 1];

		read_batch(from, to, &tally);
		write_batch(from, to, &tally);
		for (int i = 0; i < 4; i++)
			ring_batch(from, to, &tally);
		if ((tally.reads + tally.writes + tally.fetches) / 10000 > told)
			say("so far %u", ++told * 10000);
	}
	say("dma %u reads %u writes %u fetches %u answered %u leaked %u", tally.reads + tally.writes + tally.fetches,
		tally.reads, tally.writes, tally.fetches, tally.answered, tally.leaked);
	if (!talk(&vf[0], &vf[1]) || !talk(&vf[1], &vf[0])) {
		say("error: the VFs do not talk to each other any more");
		return 1;
	}
	return tally.leaked ? 1 : 0;
}
