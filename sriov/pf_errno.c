// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The errnos of sriov_numvfs, as a table, and the questions that tell the causes of one errno apart. Sources:
 * drivers/pci/iov.c, and what drivers' sriov_configure() return (igb, ixgbe, i40e, ice, bnxt_en, mlx5, nvme, xe).
 */
#include "sriov/pf_errno.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/timed_write.h"
#include "sriov/vf_place.h"

#define DEVICE "sys/bus/pci/devices/%s"

/* What the errno of a write to sriov_numvfs means. */
static const struct {
	int errnum;
	enum code code;
	const char *text, *hint;
} numvfs_errors[] = {
	{ ENOMEM, CODE_VF_NOMEM,
		"no room for the VFs' registers in the address windows of the bridges above it, or no bus numbers for "
		"the VFs",
		"`sluice doctor` tells the two apart (VF-NOMEM, VF-BUS-RANGE); registers: 'Above 4G decoding' and "
		"SR-IOV in the firmware, or pci=realloc; bus numbers: ARI in the firmware; or ask for fewer" },
	{ ENOSPC, CODE_VF_NOSPC, "no bus numbers, or no interrupt vectors, are left for so many VFs",
		"ask for fewer; ARI in the firmware gives bus numbers (so does pci=assign-busses, which renumbers "
		"buses and with them renames interfaces like enp3s0); unloading the card's RDMA driver gives vectors" },
	{ ENOENT, CODE_VF_NO_DRIVER, "its driver cannot split it",
		"only the card's own driver can: `sluice release` gives the physical function back to it; or load the "
		"vendor's, or a newer one" },
	{ ERANGE, CODE_VF_TOO_MANY, "its driver allows fewer VFs", "ask for fewer" },
	{ EBUSY, CODE_VF_BUSY, "VFs exist already, or the driver is in the middle of something",
		"look again with `sluice vf list`" },
	{ EINVAL, CODE_FAILED, "its driver refuses this in its present state",
		"some drivers want the link up first (`ip link set DEV up`), or another eswitch mode (`devlink dev "
		"eswitch show`)" },
	{ EOPNOTSUPP, CODE_FAILED, "its driver makes no VFs in its present state",
		"ice: without its DDP package it is in Safe Mode (package linux-firmware: intel/ice/ddp/ice.pkg); "
		"others: the "
		"card's or driver's mode (eswitch, partitioning) has no VFs" },
	{ EPERM, CODE_FAILED, "not permitted", "run as root; a locked-down kernel may forbid it" },
	{ EACCES, CODE_NOT_ROOT, "not permitted", "run as root" },
	{ EROFS, CODE_FAILED, "/sys is mounted for reading only",
		"this is a container's /sys: split cards on the host" },
	{ ENOSYS, CODE_VF_NO_DRIVER, "its driver was built without SR-IOV",
		"a kernel with CONFIG_PCI_IOV, and with the driver's own option for it, can" },
	{ ENODEV, CODE_DEV_LOST, "the card does not answer, or its driver has let go of it meanwhile",
		"`sluice list` shows whether it is there still; a card that fell off its bus comes back with `echo 1 > "
		"/sys/bus/pci/rescan`, or with a reboot" },
	{ EAGAIN, CODE_VF_BUSY, "its driver is busy with something else: a reset, another mode, a firmware update",
		"try again in a moment" },
	{ EIO, CODE_FAILED, "the card, or its firmware, refuses or does not answer",
		"a reset of the card helps some firmwares: take its driver away and give it back ('sluice bind' and "
		"'sluice release'); else a reboot, or newer firmware" },
};

/*
 * Errors of the kernel's sriov_enable() (drivers/pci/iov.c) that may be about addresses; it has one for several causes.
 */
static bool may_be_place(int errnum)
{
	return errnum == ENOMEM || errnum == ENOSPC || errnum == EIO || errnum == EINVAL;
}

/* True when count VFs have no bus number, or none that the port above reaches: then *err says so. */
static bool explain_place(const struct pf_attempt *attempt, const char *log, struct error *err)
{
	cleanup(pci_inventory_done) struct pci_inventory inventory = { 0 };
	struct pci_device card = *attempt->device;
	unsigned int count = attempt->count;
	struct vf_place place;
	char cause[160], ways[512];
	bool no_bus;

	card.sriov.total_vfs = (uint16_t)attempt->total;
	if (!vf_place_read(attempt->root, &card, &place) || count <= place.reached ||
		pci_inventory_read(attempt->root, 0, &inventory, NULL) < 0)
		return false;
	no_bus = count > place.fit;
	vf_place_cause(&place, &card, cause, sizeof(cause));
	fail_code(err, no_bus ? CODE_VF_BUS_RANGE : CODE_VF_NO_ARI, ENOMEM, "%s: %u of %u VFs %s%s%s%s%s%s",
		attempt->name, no_bus ? place.fit : place.reached, count,
		no_bus ? "have a bus number behind the port above" : "can be reached", cause[0] ? "; " : "", cause,
		log[0] ? " (kernel: " : "", log, log[0] ? ")" : "");
	fail_hint(err, "%s", vf_place_ways(attempt->root, &inventory, &card, &place, ways, sizeof(ways)));
	return true;
}

static const char *driver_of(const struct pf_attempt *attempt, char *buf, size_t size)
{
	if (sysroot_read_link_name(attempt->root, buf, size, DEVICE "/driver", attempt->name) < 0)
		text_copy(buf, size, "no driver");
	return buf;
}

static int explain_hang(const struct pf_attempt *attempt, struct error *err)
{
	char told[200], place[64], driver[64];

	timed_write_place(attempt->root, attempt->writer, place, sizeof(place));
	fail_code(err, CODE_DRIVER_STUCK, ETIMEDOUT,
		"%s: driver %s has not set the number of VFs to %u within %u s: process %d hangs in it%s%s",
		attempt->name, driver_of(attempt, driver, sizeof(driver)), attempt->count, attempt->seconds,
		(int)attempt->writer, place[0] ? ", in " : "", place);
	fail_hint(err,
		"the driver or the card's firmware hangs, or somebody holds a VF; 'cat /proc/%d/stack' shows where as "
		"long as it does; when it goes on, the change happens: then 'sluice vf list'; else the host has to be "
		"rebooted; %s",
		(int)attempt->writer, kmsg_tell(attempt->kmsg, attempt->name, told, sizeof(told)));
	return -ETIMEDOUT;
}

static size_t row_of(int errnum)
{
	size_t i = 0;

	while (i < array_size(numvfs_errors) && numvfs_errors[i].errnum != errnum)
		i++;
	return i;
}

int pf_errno_explain(const struct pf_attempt *attempt, int errnum, struct error *err)
{
	size_t row = row_of(errnum);
	bool is_known = row < array_size(numvfs_errors);
	char log[256], driver[64];

	if (errnum == ETIMEDOUT)
		return explain_hang(attempt, err);
	kmsg_about(attempt->kmsg, attempt->name, log, sizeof(log));
	if (attempt->count && may_be_place(errnum) && explain_place(attempt, log, err))
		return -errnum;
	fail_code(err, is_known ? numvfs_errors[row].code : CODE_FAILED, errnum,
		"%s (%s): setting the number of VFs to %u: %s%s%s%s", attempt->name,
		driver_of(attempt, driver, sizeof(driver)), attempt->count,
		is_known ? numvfs_errors[row].text : strerror(errnum), log[0] ? " (kernel: " : "", log,
		log[0] ? ")" : "");
	if (is_known)
		fail_hint(err, "%s", numvfs_errors[row].hint);
	else
		fail_hint(err, "%s`sluice doctor %s` looks for what keeps a card from being split",
			log[0] ? "" : "the kernel gives no reason; ", attempt->name);
	return -errnum;
}
