/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `sluice eswitch` asks for: one call each. Those that change something take the host's lock, read the host and
 * the eswitch inside it, refuse while somebody uses a VF (CODE_DEV_IN_USE), do it, and hand back the eswitch as it is
 * afterwards, which the caller ends with eswitch_done(). root is the host's.
 *
 * A name is a DEVICE argument that means a physical function or a VF of one, or the handle of a device that is not on
 * PCI, "netdevsim/netdevsim1", and its VF, "netdevsim/netdevsim1/0".
 */
#ifndef ASSIGN_REQUEST_ESWITCH_H
#define ASSIGN_REQUEST_ESWITCH_H

#include "assign/host.h"
#include "sriov/eswitch_plan.h"

struct eswitch_target {
	struct devlink_handle handle;
	int vf; /* -1: the device itself */
};

/* What a name means; CODE_NO_SUCH_DEVICE and the like. Looks only. */
int request_eswitch_target(
	const struct host *host, const char *name, struct eswitch_target *ret_target, struct error *err);

struct request_eswitch {
	struct devlink_eswitch wish;
	const char *rules; /* a file; NULL: the host's own */
	bool dry_run;
};

/* `eswitch set`. *ret_plan has the steps that were done, or would be; it is not to be copied. */
int request_eswitch_set(const struct sysroot *root, const char *name, const struct request_eswitch *request,
	struct eswitch_plan *ret_plan, struct eswitch *ret_after, struct error *err);

/* `eswitch explain`: the plan alone, of a host that is only looked at; wish may be unknown throughout. */
int request_eswitch_explain(const struct host *host, const char *name, const struct request_eswitch *request,
	struct eswitch_plan *ret_plan, struct eswitch *ret_now, struct error *err);

/* `eswitch function`: the function behind a VF's port; its address is refused while a running guest has the VF. */
int request_eswitch_function(const struct sysroot *root, const char *name, const struct devlink_function *function,
	struct eswitch *ret_after, struct error *err);

/* `eswitch rate`: the transmit rates of a VF. */
int request_eswitch_rate(const struct sysroot *root, const char *name, const struct devlink_rate *rate,
	struct eswitch *ret_after, struct error *err);

/* `eswitch node`: a rate node is made, changed, or removed. */
int request_eswitch_node(const struct sysroot *root, const char *name, const struct devlink_rate *node, bool remove,
	struct eswitch *ret_after, struct error *err);

#endif
