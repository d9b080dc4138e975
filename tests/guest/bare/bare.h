/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bare guest: a program of one vCPU without a kernel, which owns its machine and means its host ill. It is an ELF
 * with a PVH entry (start.S), up in a moment, and has what is needed to drive a device by hand. Its command line is
 * words NAME=VALUE; what it has to say goes to the serial console, in lines that start with "GUEST ", as those of
 * tests/guest/init.
 *
 *	mode=dma	DMA of a VF to count=N addresses that are not this guest's (hostile_dma.c)
 *	mode=config	count=N writes at random to configuration spaces and the MSI-X table (hostile_config.c)
 *	mode=tenant	tells what it finds in its VF, and leaves tag=N in all that keeps it (tenant.c)
 *	mode=load	two VFs send to each other without end (load.c)
 *	mode=victim	canaries in all memory, two VFs that send to each other: is all intact? (victim.c)
 *	mode=none	nothing ("GUEST idle")
 *
 * It then switches itself off; with stay=1 it does not.
 *
 * runtime.c is the machine (console, time, memory map, PCI), vf.c the 82576's virtual function. At the end: "GUEST
 * done MODE STATUS".
 */
#ifndef BARE_BARE_H
#define BARE_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- runtime.c --- */

/* %s %u %x (64 bits each); a line of its own, after "GUEST ". */
void say(const char *format, ...);
uint64_t parameter(const char *name, uint64_t fallback);
bool parameter_is(const char *name, const char *value);
/* The index-th of the numbers NAME=N,N,…; false behind the last. */
bool parameter_at(const char *name, unsigned int index, uint64_t *ret_value);
uint64_t random64(void);
uint64_t milliseconds(void);
void pause_briefly(void);

/* Any byte of [address, address + bytes) is this guest's RAM. */
bool is_ram(uint64_t address, uint64_t bytes);
/* Of the RAM below 4 GiB. */
uint64_t ram_end(void);

struct function {
	uint8_t bus, device, function;
	volatile uint8_t *config; /* 4096 bytes */
};

enum {
	FUNCTION_MAX = 40
};
/* All there are, in the order of their addresses; returns how many. */
unsigned int find_functions(struct function *ret_functions);
uint32_t config_read(const struct function *fn, unsigned int offset);
uint16_t config_read16(const struct function *fn, unsigned int offset);
void config_write(const struct function *fn, unsigned int offset, uint32_t value);
uint64_t bar_address(const struct function *fn, unsigned int bar);
/* Memory decoding and bus mastering, for it and all bridges. */
void enable(const struct function *fn);

/* --- vf.c --- */

enum {
	VF_CTRL = 0x0,
	VF_RING = 64, /* descriptors in each ring */
	VF_BUFFER = 2048,
	VF_REGISTERS = 16384, /* bytes */
	VF_TX = 0x3800,       /* registers of queue 0: base, length at 8, head at 0x10, tail at 0x18, control at 0x28 */
	VF_RX = 0x2800,
	VF_HEADER = 16, /* of our frames: two addresses, a type, two bytes of nothing */
};

struct descriptor {
	uint64_t address;
	uint32_t command, status;
};

struct vf {
	struct function fn;
	volatile uint32_t *reg;
	uint8_t mac[6];
	volatile struct descriptor *tx, *rx;
	uint8_t *rx_buffer; /* VF_RING of VF_BUFFER bytes */
	unsigned int tx_tail, rx_head;
};

/* Finds the machine's 82576 VFs; returns how many of max. */
unsigned int vf_find(struct vf *ret_vfs, unsigned int max);
/* A reset, which the card's owner confirms by mailbox, and fresh rings. False: no answer. */
bool vf_reset(struct vf *vf);
/* A message to the card's owner of so many words; its answer comes in the same place. */
bool vf_message(struct vf *vf, uint32_t *words, unsigned int count);
/* Where the rings are, which may be anywhere; empties them. */
void vf_place_tx(struct vf *vf, uint64_t address);
void vf_place_rx(struct vf *vf, uint64_t address);
/* All of the receive ring: one buffer for all, or with 0 each its own. */
void vf_fill_rx(struct vf *vf, uint64_t address);
/* One frame of a header and bytes from anywhere. */
void vf_send(struct vf *vf, const uint8_t *header, uint64_t address, uint16_t bytes);
/* The next frame that came in, into its own buffer, or NULL. */
const uint8_t *vf_received(struct vf *vf, uint16_t *ret_bytes);
void vf_header(const struct vf *from, const struct vf *to, uint8_t ret_header[static VF_HEADER]);

/* --- modes: each returns its exit status --- */

int hostile_dma(void);
int hostile_config(void);
int tenant(void);
int load(void);
int victim(void);

#endif
