// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A virtual function of Intel's 82576, by hand (82576 datasheet, 7.8.2 "SR-IOV", 8.26 "VF registers"; messages as the
 * kernel's igb answers them): one queue each way, no interrupts. See bare.h.
 */
#include "bare.h"

enum {
	VENDOR_INTEL = 0x8086,
	DEVICE_82576_VF = 0x10ca,
	MAILBOX = 0xc40,
	MAILBOX_REQUEST = 0x1,
	MAILBOX_ACKNOWLEDGE = 0x2,
	MAILBOX_OURS = 0x4,
	MAILBOX_MESSAGE_CAME = 0x10,
	MAILBOX_MESSAGE_TAKEN = 0x20,
	MAILBOX_WORDS = 0x800,
	MAILBOX_WORD_COUNT = 16,
	CTRL_RESET = 1 << 26,
	MESSAGE_RESET = 1,
	MESSAGE_REFUSED = 0x40000000,
	QUEUE_ENABLE = 1 << 25,
	SPLIT_CONTROL = VF_RX + 0xc,
	ONE_BUFFER_OF_2K = 0x02000002,
	DROP_WHEN_FULL = 1 << 31,
	TX_DATA = 3 << 20 | 1 << 29 | 1 << 25, /* advanced data descriptor, frame check sequence by the card */
	TX_END = 1 << 24,
	TX_REPORT = 1 << 27,
	DONE = 1,
	PATIENCE_MS = 5000,
	VF_MAX = 2,
};

static struct descriptor tx_ring[VF_MAX][VF_RING] __attribute__((aligned(4096)));
static struct descriptor rx_ring[VF_MAX][VF_RING] __attribute__((aligned(4096)));
static uint8_t rx_buffer[VF_MAX][VF_RING * VF_BUFFER] __attribute__((aligned(4096)));
static uint8_t tx_header[VF_MAX][VF_RING][VF_HEADER];

static uint32_t get(const struct vf *vf, unsigned int offset)
{
	return vf->reg[offset / 4];
}

static void set(struct vf *vf, unsigned int offset, uint32_t value)
{
	vf->reg[offset / 4] = value;
}

unsigned int vf_find(struct vf *ret_vfs, unsigned int max)
{
	struct function all[FUNCTION_MAX];
	unsigned int count = find_functions(all), found = 0;

	for (unsigned int i = 0; i < count && found < max && found < VF_MAX; i++) {
		struct vf *vf = &ret_vfs[found];

		if (config_read(&all[i], 0) != (VENDOR_INTEL | DEVICE_82576_VF << 16))
			continue;
		enable(&all[i]);
		vf->fn = all[i];
		vf->reg = (volatile uint32_t *)bar_address(&all[i], 0);
		vf->tx = tx_ring[found];
		vf->rx = rx_ring[found];
		vf->rx_buffer = rx_buffer[found];
		found++;
	}
	return found;
}

/* The mailbox's flags are cleared by reading: those that were seen are kept in *seen. */
static bool wait_mailbox(struct vf *vf, uint32_t flag, uint32_t *seen)
{
	uint64_t until = milliseconds() + PATIENCE_MS;

	while (!(*seen & flag)) {
		*seen |= get(vf, MAILBOX);
		if (milliseconds() > until)
			return false;
	}
	return true;
}

static bool take_mailbox(struct vf *vf)
{
	uint64_t until = milliseconds() + PATIENCE_MS;

	do {
		set(vf, MAILBOX, MAILBOX_OURS);
		if (get(vf, MAILBOX) & MAILBOX_OURS)
			return true;
	} while (milliseconds() < until);
	return false;
}

bool vf_message(struct vf *vf, uint32_t *words, unsigned int count)
{
	uint32_t seen = 0;

	get(vf, MAILBOX); /* what came before is not about this message */
	if (!take_mailbox(vf))
		return false;
	for (unsigned int i = 0; i < count; i++)
		set(vf, MAILBOX_WORDS + 4 * i, words[i]);
	set(vf, MAILBOX, MAILBOX_REQUEST);
	if (!wait_mailbox(vf, MAILBOX_MESSAGE_TAKEN, &seen) || !wait_mailbox(vf, MAILBOX_MESSAGE_CAME, &seen))
		return false;
	for (unsigned int i = 0; i < count; i++)
		words[i] = get(vf, MAILBOX_WORDS + 4 * i);
	set(vf, MAILBOX, MAILBOX_ACKNOWLEDGE);
	return !(words[0] & MESSAGE_REFUSED);
}

static void place(struct vf *vf, unsigned int queue, uint64_t address)
{
	set(vf, queue + 0x28, 0);
	set(vf, queue, (uint32_t)address);
	set(vf, queue + 4, (uint32_t)(address >> 32));
	set(vf, queue + 8, VF_RING * sizeof(struct descriptor));
	set(vf, queue + 0x10, 0);
	set(vf, queue + 0x18, 0);
	set(vf, queue + 0x28, QUEUE_ENABLE);
}

void vf_place_tx(struct vf *vf, uint64_t address)
{
	place(vf, VF_TX, address);
	vf->tx_tail = 0;
}

void vf_place_rx(struct vf *vf, uint64_t address)
{
	set(vf, SPLIT_CONTROL, ONE_BUFFER_OF_2K | DROP_WHEN_FULL);
	place(vf, VF_RX, address);
	vf->rx_head = 0;
}

void vf_fill_rx(struct vf *vf, uint64_t address)
{
	vf_place_rx(vf, (uint64_t)vf->rx);
	for (unsigned int i = 0; i < VF_RING; i++) {
		vf->rx[i].address = address ? address : (uint64_t)(vf->rx_buffer + i * VF_BUFFER);
		vf->rx[i].command = 0;
		vf->rx[i].status = 0;
	}
	set(vf, VF_RX + 0x18, VF_RING - 1);
}

bool vf_reset(struct vf *vf)
{
	uint32_t words[MAILBOX_WORD_COUNT] = { MESSAGE_RESET };
	bool answered = false;

	set(vf, VF_CTRL, CTRL_RESET);
	/* A card's owner that has set no address says no, and has noted the reset all the same. */
	for (int tries = 0; tries < 5 && !answered; tries++) {
		pause_briefly();
		words[0] = MESSAGE_RESET;
		vf_message(vf, words, 3);
		answered = words[0] != MESSAGE_RESET && (words[0] & 0xffff) == MESSAGE_RESET;
	}
	for (unsigned int i = 0; i < sizeof(vf->mac); i++)
		vf->mac[i] = (uint8_t)(words[1 + i / 4] >> 8 * (i % 4));
	vf_place_tx(vf, (uint64_t)vf->tx);
	vf_fill_rx(vf, 0);
	return answered;
}

/* The ring is never full: the card is done with a frame before the next one is there, or is given time. */
static void wait_for_room(struct vf *vf)
{
	uint64_t until = milliseconds() + PATIENCE_MS;

	while ((vf->tx_tail + 2) % VF_RING == get(vf, VF_TX + 0x10) ||
		(vf->tx_tail + 1) % VF_RING == get(vf, VF_TX + 0x10))
		if (milliseconds() > until)
			return;
}

static void add_tx(struct vf *vf, uint64_t address, uint16_t bytes, uint16_t frame, uint32_t flags)
{
	volatile struct descriptor *descriptor = &vf->tx[vf->tx_tail];

	descriptor->address = address;
	descriptor->command = TX_DATA | flags | bytes;
	descriptor->status = (uint32_t)frame << 14;
	vf->tx_tail = (vf->tx_tail + 1) % VF_RING;
}

void vf_send(struct vf *vf, const uint8_t *header, uint64_t address, uint16_t bytes)
{
	uint8_t *copy = tx_header[vf->tx == tx_ring[0] ? 0 : 1][vf->tx_tail];
	uint16_t frame = (uint16_t)(VF_HEADER + bytes);

	wait_for_room(vf);
	for (unsigned int i = 0; i < VF_HEADER; i++)
		copy[i] = header[i];
	add_tx(vf, (uint64_t)copy, VF_HEADER, frame, 0);
	add_tx(vf, address, bytes, frame, TX_END | TX_REPORT);
	set(vf, VF_TX + 0x18, vf->tx_tail);
}

/* A received descriptor has other fields: status at 8, the length at 12. */
const uint8_t *vf_received(struct vf *vf, uint16_t *ret_bytes)
{
	volatile struct descriptor *descriptor = &vf->rx[vf->rx_head];
	const uint8_t *frame = vf->rx_buffer + vf->rx_head * VF_BUFFER;

	if (!(descriptor->command & DONE))
		return NULL;
	*ret_bytes = (uint16_t)descriptor->status;
	descriptor->address = (uint64_t)frame;
	descriptor->command = descriptor->status = 0;
	set(vf, VF_RX + 0x18, vf->rx_head);
	vf->rx_head = (vf->rx_head + 1) % VF_RING;
	return frame;
}

void vf_header(const struct vf *from, const struct vf *to, uint8_t ret_header[static VF_HEADER])
{
	for (unsigned int i = 0; i < 6; i++) {
		ret_header[i] = to->mac[i];
		ret_header[6 + i] = from->mac[i];
	}
	ret_header[12] = 0x88; /* an experiment's type, IEEE 802 */
	ret_header[13] = 0xb5;
	ret_header[14] = ret_header[15] = 0;
}
