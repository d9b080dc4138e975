// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mode=config: writes at random, of one, two and four bytes, to all 4,096 bytes of the configuration space of each
 * function that there is, bridges too, and to the MSI-X table and all else in its BAR; interrupts are provoked
 * meanwhile. Then what was there is written back, and the VFs must work.
 */
#include "bare.h"

enum {
	CONFIG_BYTES = 4096,
	SAVED_BYTES = 256, /* header and capabilities */
	VF_EICS = 0x1520,
	VF_EIMS = 0x1524,
	MSIX_BAR = 3,
	MSIX_BYTES = 0x3000,
	MSIX_TABLE_BYTES = 3 * 16,
	PM_CONTROL = 4, /* in its capability */
	CAP_PM = 1,
	CAP_MSIX = 0x11,
	MSIX_CONTROL = 2,
	TALKS = 10,
};

struct saved {
	uint32_t word[SAVED_BYTES / 4];
};

static uint32_t value_of(uint32_t present)
{
	switch (random64() % 6) {
	case 0:
		return 0;
	case 1:
		return ~0u;
	case 2:
		return 1u << random64() % 32;
	case 3:
		return present ^ 1u << random64() % 32;
	case 4:
		return (uint32_t)random64() & 0xfffff000;
	default:
		return (uint32_t)random64();
	}
}

static void write_anywhere(const struct function *fn)
{
	unsigned int offset = (unsigned int)(random64() % CONFIG_BYTES);
	uint32_t value = value_of(config_read(fn, offset & ~3u));

	/* The first 256 bytes hold nearly all there is. */
	if (random64() % 4)
		offset %= 256;
	switch (random64() % 3) {
	case 0:
		fn->config[offset] = (uint8_t)value;
		break;
	case 1:
		*(volatile uint16_t *)(fn->config + (offset & ~1u)) = (uint16_t)value;
		break;
	default:
		config_write(fn, offset & ~3u, value);
		break;
	}
}

/* An entry's message may be anything; but this guest takes no INIT, no SMI and no NMI of its own making. */
static void write_table(struct vf *vf, uint64_t table)
{
	unsigned int offset = (unsigned int)(random64() % MSIX_BYTES) & ~3u;
	uint32_t value = value_of(0);

	if (random64() % 2)
		offset %= MSIX_TABLE_BYTES;
	if (offset % 16 == 8)
		value &= ~0x700u;
	*(volatile uint32_t *)(table + offset) = value;
	vf->reg[VF_EIMS / 4] = 7;
	vf->reg[VF_EICS / 4] = 1u << random64() % 3;
}

static unsigned int capability(const struct function *fn, uint8_t id)
{
	unsigned int at = fn->config[0x34] & 0xfc;

	for (int i = 0; at && i < 48; i++, at = fn->config[at + 1] & 0xfc)
		if (fn->config[at] == id)
			return at;
	return 0;
}

static void restore(const struct function *fn, const struct saved *saved)
{
	unsigned int pm = capability(fn, CAP_PM), msix = capability(fn, CAP_MSIX);

	if (pm)
		*(volatile uint16_t *)(fn->config + pm + PM_CONTROL) = 0;
	if (msix)
		*(volatile uint16_t *)(fn->config + msix + MSIX_CONTROL) = 0;
	/* Addresses first, decoding last. */
	for (unsigned int i = SAVED_BYTES / 4; i-- > 1;)
		config_write(fn, 4 * i, saved->word[i]);
}

static bool talk(struct vf *from, struct vf *to)
{
	uint8_t header[VF_HEADER];
	uint16_t bytes;
	uint64_t until;

	vf_header(from, to, header);
	vf_send(from, header, (uint64_t)header, VF_HEADER);
	for (until = milliseconds() + 2000; milliseconds() < until;)
		if (vf_received(to, &bytes))
			return true;
	return false;
}

static unsigned int save(struct function *all, struct saved *saved)
{
	unsigned int functions = find_functions(all);

	for (unsigned int i = 0; i < functions; i++)
		for (unsigned int word = 0; word < SAVED_BYTES / 4; word++)
			saved[i].word[word] = config_read(&all[i], 4 * word);
	return functions;
}

static int work_afterwards(struct vf *vf)
{
	vf_find(vf, 2);
	for (int i = 0; i < TALKS; i++) {
		bool alive[2] = { vf_reset(&vf[0]), vf_reset(&vf[1]) };

		if (!alive[0] || !alive[1] || !talk(&vf[0], &vf[1]) || !talk(&vf[1], &vf[0])) {
			say("error: the VFs (%x, BAR at %x) do not talk to each other any more: %u %u",
				(uint64_t)config_read(&vf[0].fn, 0), (uint64_t)vf[0].reg, (uint64_t)alive[0],
				(uint64_t)alive[1]);
			return 1;
		}
	}
	say("talks %u", (uint64_t)2 * TALKS);
	return 0;
}

int hostile_config(void)
{
	static struct function all[FUNCTION_MAX];
	static struct saved saved[FUNCTION_MAX];
	struct vf vf[2];
	uint64_t count = parameter("count", 2000), table[2];
	unsigned int functions;

	if (vf_find(vf, 2) < 2) {
		say("error: no two VFs");
		return 1;
	}
	functions = save(all, saved);
	table[0] = bar_address(&vf[0].fn, MSIX_BAR);
	table[1] = bar_address(&vf[1].fn, MSIX_BAR);
	say("ready");
	for (uint64_t n = 0; n < count; n++) {
		unsigned int which = (unsigned int)(random64() % functions), own = (unsigned int)n & 1;

		/* Half of all for the VFs themselves. */
		write_anywhere(n % 2 ? &all[which] : &vf[n / 2 & 1].fn);
		if (n % 8 < 2) {
			for (unsigned int i = 0; i < functions; i++)
				if (n % 64 < 2)
					restore(&all[i], &saved[i]);
			write_table(&vf[own], table[own]);
		}
	}
	for (unsigned int i = 0; i < functions; i++)
		restore(&all[i], &saved[i]);
	say("config %u functions %u", count, (uint64_t)functions);
	return work_afterwards(vf);
}
