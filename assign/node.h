/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VFIO nodes of a device, /dev/vfio/GROUP and /dev/vfio/devices/vfioN, and iommufd's; and who may open them. `bind
 * --user` gives them to a user: the lease says to whom, and whose they were, before they change hands; they go back
 * with the lease.
 *
 * /dev/iommu gives nothing to whoever has no device, like /dev/vfio/vfio, which is everybody's: it becomes everybody's
 * too while some device is a user's. The user also gets a place for the guests (os/run_dir.h).
 *
 * A group's node is shared by the devices of the group: it goes back with the last of their leases that gives it to
 * somebody.
 */
#ifndef ASSIGN_NODE_H
#define ASSIGN_NODE_H

#include "assign/lease.h"
#include "os/host_lock.h"

/*
 * Write into the lease whose the device's nodes are, unless it says so already; then give them to lease->user. The
 * device is with a driver of VFIO. CODE_NO_GROUP when it has no node.
 */
int nodes_give(const struct host_lock *lock, struct lease *lease, struct error *err);

/*
 * They are as they were before the lease, but for those that another lease gives to somebody. Nodes that are gone are
 * fine.
 */
int nodes_take_back(const struct host_lock *lock, const struct lease *lease, struct error *err);

#endif
