// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's few errno values of VFIO and iommufd as their causes; see vfio_explain.h. drivers/vfio and
 * drivers/iommu/iommufd say which errno means what; which of its causes it was, the host shows.
 */
#include "assign/vfio_explain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "iommu/iommu.h"

int vfio_no_permission(const char *path, int errnum, struct error *err)
{
	fail_code(err, CODE_VFIO_PERM, errnum, "%s may not be opened by this user: %s", path, strerror(errnum));
	return fail_hint(
		err, "run as root, or have root give the device to this user: 'sluice bind DEVICE --user USER'");
}

/* Another process has the group, or just had it: opening is exclusive. */
int vfio_group_busy(const struct sysroot *root, int group, struct error *err)
{
	char holder[128];

	if (pci_vfio_holder(root, group, holder, sizeof(holder)))
		fail_code(err, CODE_GROUP_BUSY, EBUSY, "IOMMU group %d is taken: %s", group, holder);
	else
		fail_code(err, CODE_GROUP_BUSY, EBUSY, "IOMMU group %d is taken by another process or driver", group);
	return fail_hint(
		err, "end the guest or program that has it, or choose another device; `sluice ps` lists guests");
}

/* The member that makes the group not viable, or 0 when all look well. */
static int explain_viability(const struct sysroot *root, int group, struct error *err)
{
	struct pci_inventory inventory = { 0 };
	struct iommu_group members;
	int ret = pci_inventory_read(root, 0, &inventory, NULL);

	if (!ret)
		ret = iommu_group_read(root, group, &members, NULL);
	if (!ret)
		ret = iommu_group_check_viable(root, &inventory, &members, err);
	else
		ret = 0;
	pci_inventory_done(&inventory);
	return ret;
}

int vfio_not_viable(const struct sysroot *root, int group, struct error *err)
{
	int ret = explain_viability(root, group, err);

	if (ret < 0)
		return ret;
	fail_code(err, CODE_GROUP_NOT_VIABLE, EPERM,
		"IOMMU group %d is not viable: a host driver has one of its devices", group);
	return fail_hint(
		err, "bind every device of the group; `ls /sys/kernel/iommu_groups/%d/devices` lists them", group);
}

/* A region that must stay mapped one to one; "direct-relaxable" (a USB controller's, a display's) need not. */
static const struct iommu_reserved *direct_region(const struct iommu_group *group)
{
	for (size_t i = 0; i < group->reserved_count; i++)
		if (!strcmp(group->reserved[i].kind, "direct"))
			return &group->reserved[i];
	return NULL;
}

static int reserved_memory(int group, const struct iommu_reserved *region, int errnum, struct error *err)
{
	fail_code(err, CODE_DEV_RESERVED_MEMORY, errnum,
		"the firmware reserves 0x%" PRIx64 "-0x%" PRIx64
		" for IOMMU group %d (RMRR or IVMD): a guest cannot have it",
		region->start, region->end, group);
	return fail_hint(err, "look for a firmware setting that frees the device (shared memory, management agent), "
			      "or use another slot or device");
}

static int no_interrupt_remapping(const struct iommu_host *iommu, struct error *err)
{
	fail_code(err, CODE_IOMMU_NO_INTREMAP, EPERM,
		"VFIO refuses the device: interrupts are not remapped, so a guest could forge any (%s)",
		iommu->evidence);
	return fail_hint(err,
		"switch interrupt remapping (and x2APIC) on in the firmware, and drop intremap=off from the "
		"kernel command line; `sluice doctor` has the details");
}

/* Putting a group into a container, or choosing the back end: the moment when the IOMMU is asked. */
int vfio_explain_attach(const struct sysroot *root, int group, int errnum, struct error *err)
{
	struct iommu_group members = { .id = group };
	const struct iommu_reserved *region;
	struct iommu_host iommu = { .interrupt_remapping = IOMMU_UNKNOWN };
	int ret;

	iommu_group_read(root, group, &members, NULL);
	iommu_host_read(root, &iommu, NULL);
	region = direct_region(&members);
	if (errnum == EPERM) {
		ret = explain_viability(root, group, err);
		if (ret < 0)
			return ret;
		if (iommu.interrupt_remapping != IOMMU_YES && !iommu.unsafe_interrupts)
			return no_interrupt_remapping(&iommu, err);
	}
	if ((errnum == EPERM || errnum == EINVAL) && region)
		return reserved_memory(group, region, errnum, err);
	if (errnum == EBUSY) {
		ret = explain_viability(root, group, err);
		return ret < 0 ? ret : vfio_group_busy(root, group, err);
	}
	fail(err, errnum, "attach IOMMU group %d", group);
	return fail_hint(
		err, "`dmesg | grep -e DMAR -e AMD-Vi -e iommu` shows the IOMMU driver's reason, in its last lines");
}

int vfio_explain_device(const char *name, int errnum, struct error *err)
{
	if (errnum == ENODEV || errnum == ENOENT) {
		fail_code(err, CODE_FAILED, errnum, "%s is not with vfio-pci", name);
		return fail_hint(err, "`sluice bind %s`", name);
	}
	if (errnum == EBUSY) {
		fail_code(err, CODE_GROUP_BUSY, errnum, "%s is open in another process already", name);
		return fail_hint(err, "end the guest or program that has it; `sluice ps` lists guests");
	}
	if (errnum == EINVAL || errnum == EACCES) {
		fail(err, errnum, "open %s", name);
		return fail_hint(err, "where its PF is with vfio-pci too, it opens only with the token of whoever has "
				      "that: --vf-token; "
				      "with iommufd, kernels before 6.19 take none: --dma-backend type1");
	}
	fail(err, errnum, "open %s, which resets it", name);
	return fail_hint(err,
		"`dmesg | grep %s` shows the reason in its last lines; 'not ready' and 'giving up' is a device that "
		"does not come out of reset: switch the host off and on",
		name);
}
