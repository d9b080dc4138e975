/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Representors: the network devices of this host that stand for ports of an eswitch
 * (Documentation/networking/representors.rst). They are known by the switch's identity and the port's name,
 * phys_switch_id and phys_port_name in sysfs: "pf0vf3" whatever the device is called. Not every driver has its
 * representors among devlink's ports (bnxt_en, nfp, liquidio), so sysfs is where all of them are.
 */
#ifndef SRIOV_REPRESENTOR_H
#define SRIOV_REPRESENTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/sysroot.h"

enum {
	REPRESENTOR_NONE = -1, /* of the numbers below: the name has no such part */
	REPRESENTORS_MAX = 65536,
};

/* What a port's name says: "p0", "p0s1", "pf0", "pf0vf3", "pf0sf88", with "c1" before it for another host's. */
struct representor_port {
	int controller, port, pf, vf, sf;
};

struct representor {
	char netdev[16];
	char switch_id[72]; /* hexadecimal */
	char port_name[32];
	struct representor_port port;
	int up;      /* IFF_UP: 0, 1; REPRESENTOR_NONE unknown */
	int carrier; /* 0, 1; unknown while it is down */
};

/* False: it is no port's name of this kind. */
bool representor_port_parse(const char *name, struct representor_port *ret_port);

/*
 * All network devices that name a port of this switch, by name of the port; switch_id "": of any switch. The caller
 * frees *ret_list. 0, or -ENOMEM.
 */
int representors_read(
	const struct sysroot *root, const char *switch_id, struct representor **ret_list, size_t *ret_count);

/*
 * The identity of the switch that a network device is a port of; "" and false for none. Drivers give one to a card's
 * own network device in switchdev mode, some always.
 */
bool representor_switch_id(const struct sysroot *root, const char *netdev, char *buf, size_t size);

#endif
