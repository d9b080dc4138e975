/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer of devlink's netlink with a device behind it, made by a test: an eswitch, a port for each VF while it is in
 * switchdev mode, functions, rates, parameters. It refuses what netdevsim refuses, and what it is told to: any command
 * with any errno and words, or it accepts and does nothing, or its answers are damaged. What it does was compared with
 * the kernel in the lab (tests/hil/eswitch.test).
 */
#ifndef FAKE_DEVLINK_H
#define FAKE_DEVLINK_H

#include "sriov/devlink.h"

enum {
	FAKE_VFS_MAX = 16,
	FAKE_NODES_MAX = 8,
	FAKE_REPLIES_MAX = 64,
	FAKE_COMMANDS_MAX = 256,
};

enum fake_damage {
	FAKE_WHOLE,
	FAKE_CUT,       /* each datagram ends after `damage_at` bytes */
	FAKE_BYTE,      /* its byte at `damage_at` is another */
	FAKE_SILENT,    /* nothing comes */
	FAKE_ENDLESS,   /* the first answer again and again */
	FAKE_DISTURBED, /* each dump says that something changed meanwhile */
	FAKE_NO_FAMILY, /* the kernel has no devlink */
};

struct fake_devlink {
	struct devlink_handle handle;
	struct devlink_eswitch eswitch;     /* inline_mode, encap_mode DEVLINK_UNKNOWN: it has none */
	unsigned int (*vfs)(void *context); /* how many VFs there are now */
	void *context;
	bool has_functions, no_vfs_while_changing, has_rates;
	struct devlink_function function[FAKE_VFS_MAX];
	struct devlink_rate leaf[FAKE_VFS_MAX], node[FAKE_NODES_MAX];
	size_t node_count;
	char param[32]; /* of "flow_steering_mode" at run time; "": none */

	/* The nth change from now on, of this command (0: any), fails with this errno and these words. */
	int fail_command, fail_errno;
	unsigned int fail_at;
	const char *fail_words;
	int hang_command;   /* this one never comes back */
	int ignore_command; /* this one is acknowledged, and not done */

	enum fake_damage damage;
	size_t damage_at;
	uint8_t damage_with;

	/* Commands that change something, in order. */
	int command[FAKE_COMMANDS_MAX];
	size_t command_count;

	struct {
		unsigned char *bytes;
		size_t size;
	} reply[FAKE_REPLIES_MAX];
	size_t reply_first, reply_count;
};

/* A device in legacy mode with functions and rates; its handle is "pci/0000:01:00.0". */
void fake_devlink_init(struct fake_devlink *fake);
void fake_devlink_done(struct fake_devlink *fake);

/* A channel to it, for devlink_open_on(). */
struct devlink_channel fake_devlink_channel(struct fake_devlink *fake);

#endif
