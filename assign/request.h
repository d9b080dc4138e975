/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands ask for: one call each. It takes the lock, reads the host, understands the DEVICE arguments, does the
 * transaction of assign.h (request.c) or changes a physical function's VFs (request_vf.c, request_vf_set.c,
 * request_vf_create.c), and hands back the host as it is afterwards. root is the host's; a captured one is refused
 * (CODE_READ_ONLY).
 */
#ifndef ASSIGN_REQUEST_H
#define ASSIGN_REQUEST_H

#include "assign/assign.h"
#include "assign/record.h"
#include "sriov/sriov.h"

/* What was done. */
struct request_done {
	struct host host; /* read after the change, inside the lock; owned */
	size_t count;
	struct pci_addr *addr;      /* of the devices that were named, in that order; owned */
	enum assign_result *result; /* of a release; owned */
	unsigned int removed;       /* VFs that a destroy took away */
	unsigned int away_ms;       /* how long VFs were away that a create made anew; 0: none were */
	struct record_kept record;
};

#define REQUEST_NOTHING_DONE ((struct request_done){ .host = { .root = { .fd = -1 } } })

void request_done_free(struct request_done *done);

/* For what is done: the lock goes, and what the change read last, with *done, becomes the caller's. */
void request_done_hand_over(struct change **change, struct request_done *done, struct request_done *ret_done);

struct request_bind {
	const char *driver; /* NULL: the best of VFIO for each device */
	bool has_user;
	uint32_t user; /* who may open the devices' VFIO nodes */
	const char *const
		*unclean; /* devices that are accepted although their last reset failed, by name; NULL: none */
	size_t unclean_count;
};

/* `bind`: for the operator, until a release. */
int request_bind(const struct sysroot *root, char *const *names, size_t count, const struct request_bind *bind,
	struct request_done *ret_done, struct error *err);

/* `release`, and `release --forget`, which also takes addresses where nothing is any more. */
int request_release(
	const struct sysroot *root, char *const *names, size_t count, struct request_done *ret_done, struct error *err);
int request_forget(
	const struct sysroot *root, char *const *names, size_t count, struct request_done *ret_done, struct error *err);

struct request_vf_create {
	const char *const *pf;
	const unsigned int *count; /* of VFs, for each */
	size_t pf_count;
	const char *driver; /* the VFs' then, for the operator; NULL: none */
};

/*
 * `vf create`, `vf destroy`: done->addr are the physical functions. Several are one change: all or none. Nobody's VFs
 * are taken away.
 */
int request_vf_create(const struct sysroot *root, const struct request_vf_create *create, struct request_done *ret_done,
	struct error *err);
int request_vf_destroy(const struct sysroot *root, const char *pf, struct request_done *ret_done, struct error *err);

struct request_vf_set {
	char *const *vf; /* by name: PF/INDEX, or a range PF/0-3,7; of any PFs */
	size_t vf_count;
	const struct vf_settings *settings;
	const struct mac_addr *mac; /* instead of the one in settings: one for each VF, in their order; NULL: none */
	size_t mac_count;
};

/*
 * `vf set`: all settings of all VFs, or none. Addresses and VLAN are refused while a running guest has a VF: they are
 * the guest's. CODE_USAGE for one address that several VFs would have, CODE_ROLLED_BACK when a later VF's are refused.
 * done->addr are the physical functions.
 */
int request_vf_set(
	const struct sysroot *root, const struct request_vf_set *set, struct request_done *ret_done, struct error *err);

/* The physical function that is meant by a DEVICE argument; CODE_NOT_A_PF says what to name instead. Looks only. */
int request_select_pf(const struct host *host, const char *name, const struct pci_device **ret_pf, struct error *err);

#endif
