/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record of this host's devices: which card was where, with what driver, in which group, so that a later look can say
 * what changed. Kept in /var/lib/sluice/devices.json by the commands that change the host, as root, once per boot; the
 * record of an earlier boot becomes devices.previous.json. Any host, also a captured one, can be compared with either,
 * or with another captured one.
 *
 * VFs are left out: they come and go, and are their PF's. A device that is lent to a guest counts with the driver that
 * it gets back.
 */
#ifndef ASSIGN_RECORD_H
#define ASSIGN_RECORD_H

#include "assign/change.h"
#include "assign/host.h"
#include "pci/identity.h"

struct record_device {
	struct pci_addr addr;
	struct pci_identity identity;
	char driver[64]; /* "" none */
	int group;       /* -1: none */
	int64_t acs;     /* access control services: what it can << 16 | what is on; -1: none, or not readable */
	struct pci_name netdevs[PCI_CHILD_MAX];
	size_t netdev_count;
};

struct record {
	char kernel[96], boot_id[40];
	char time[24];                /* ISO 8601; "" unknown */
	struct record_device *device; /* by address; owned */
	size_t count;
};

/* The host as it is. Only root sees serial numbers and access control. */
int record_take(const struct host *host, struct record *ret_record, struct error *err);
void record_done(struct record *record);

/* The kept record; previous: of an earlier boot. 1, or 0 when there is none; -EBADMSG when it makes no sense. */
int record_read(const struct sysroot *root, bool previous, struct record *ret_record, struct error *err);

/* JSON, and back; the text is the caller's to free, NULL without memory. */
char *record_to_json(const struct record *record);
int record_from_json(const char *text, size_t size, struct record *ret_record, struct error *err);

enum record_change_kind {
	RECORD_MOVED,   /* the same card at another place */
	RECORD_SWAPPED, /* another card at the same place */
	RECORD_NEW,
	RECORD_GONE,
	RECORD_RENUMBERED, /* the same card and place, another address */
	RECORD_RENAMED,    /* its network devices have other names */
	RECORD_DRIVER,
	RECORD_GROUP, /* other devices share its IOMMU group */
	RECORD_ACS,   /* it isolates what is behind it otherwise */
	RECORD_CHANGE_COUNT
};

struct record_change {
	enum record_change_kind kind;
	struct pci_addr addr;                      /* now; for one that is gone, then */
	char path[160];                            /* likewise */
	char card[128];                            /* pci_identity_describe() */
	char before[160], now[160], evidence[160]; /* "" where there is nothing to say */
};

struct record_changes {
	struct record_change *change; /* by kind and address; owned */
	size_t count;
};

/* "moved", "swapped", ... */
const char *record_change_name(enum record_change_kind kind);

int record_compare(
	const struct record *before, const struct record *now, struct record_changes *ret_changes, struct error *err);
void record_changes_done(struct record_changes *changes);

/* What came of record_keep(). */
struct record_kept {
	size_t differences; /* from the last record, which was of an earlier boot or of other devices */
	struct error why;   /* errnum 0: a record is there */
};

/*
 * For a command that has changed the host, and has read it again: keep a record of this boot, unless there is one of
 * the same devices. Never a failure of the command.
 */
void record_keep(const struct change *change, struct record_kept *ret_kept);

#endif
