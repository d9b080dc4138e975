/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What checks know of the host beside its devices: read once, before the first check. */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include "assign/host.h"
#include "assign/record.h"
#include "assign/verdict.h"
#include "distro/boot_loader.h"
#include "distro/kernel_finding.h"
#include "distro/modprobe_conf.h"
#include "distro/rival.h"
#include "doctor/device_index.h"
#include "doctor/framebuffer.h"
#include "doctor/numa.h"
#include "doctor/vectors.h"
#include "iommu/fault_tally.h"
#include "iommu/table.h"
#include "iommu/topology.h"
#include "sriov/sriov.h"

struct facts {
	const struct host *host;
	struct boot_loader loader;
	char cmdline[4096];                      /* the running kernel's; "" when it could not be read */
	char release[128];                       /* "6.12.0-amd64"; "" unknown */
	unsigned int kernel_major, kernel_minor; /* 0 unknown */
	struct modprobe_conf modprobe;
	struct rivals rivals;
	struct iommu_table table;
	struct error table_error; /* why there is no table */
	struct topology topology;
	struct device_index index;
	int *topology_group;             /* topology_group()'s answer; owned, NULL without */
	struct kernel_findings log;      /* what the kernel said, of this boot and earlier ones */
	struct iommu_fault_tally faults; /* the same of IOMMU faults */
	struct numa numa;
	struct vectors vectors;
	struct framebuffers framebuffers;
	struct record_changes changes; /* since the last record of this host */
	bool changes_known;
	int *msix;                 /* of each device, when asked for: facts_msix(); owned */
	struct iommu_group *group; /* facts_group(): of devices that are named or meant for guests, by id; owned */
	size_t group_count;
	struct judge *judge;      /* with the verdicts on devices that were asked about: facts_verdict(); owned */
	struct verdict **verdict; /* of each device; NULL: not asked about; owned */
	struct vf_settings_cache *vf_settings;  /* facts_vf_settings(); owned */
	bool *leased;                           /* for each device of the inventory: there is a lease file; owned */
	const struct pci_device *const *device; /* those that were named; not owned */
	size_t device_count;
};

/* facts->host and devices are the caller's, the rest is zero. On failure, too: facts_done(). */
int facts_read(struct facts *facts, struct error *err);
void facts_done(struct facts *facts);

/* Their parts about devices (facts_device.c). */
int facts_read_devices(struct facts *facts, struct error *err);
void facts_devices_done(struct facts *facts);

/* The whole word of the command line that begins so ("iommu=" finds "iommu=soft"), in buf; false for none. */
bool facts_argument(const struct facts *facts, const char *prefix, char *buf, size_t size);

/* Does the kernel's command line have this word, or one that begins with it when it ends with '='? */
bool facts_has_argument(const struct facts *facts, const char *word);

/* Is the running kernel known to be at least this. */
bool facts_kernel_at_least(const struct facts *facts, unsigned int major, unsigned int minor);

/* Is there a lease file for this device of the inventory, whatever it says? */
bool facts_is_leased(const struct facts *facts, const struct pci_device *device);

/* Is it a device that checks of devices ask about: named; or, when none was, with VFIO or leased. */
bool facts_is_for_guests(const struct facts *facts, const struct pci_device *device);

/* A group of such a device, read once; NULL: it could not be read, or the device has none. */
const struct iommu_group *facts_group(const struct facts *facts, const struct pci_device *device);

/* Vectors of the MSI-X table as pci_msix_vectors() says them, read once. */
int facts_msix(const struct facts *facts, const struct pci_device *device);

/* The verdict on a device, judged once; NULL with err. It is the facts', and so is its judge. */
const struct verdict *facts_verdict(const struct facts *facts, const struct pci_device *device, struct error *err);

/*
 * Settings of a VF, from its PF's driver, which is asked once for all of a PF's VFs in a row. NULL: not to be had,
 * *ret_why then.
 */
const struct vf_settings *facts_vf_settings(
	const struct facts *facts, const struct pci_device *pf, const struct pci_device *vf, const char **ret_why);

/* Is a module listed for the running kernel: modules.dep and modules.builtin. -1: not known. */
int facts_module_exists(const struct facts *facts, const char *module);
int facts_module_is_builtin(const struct facts *facts, const char *module);

#endif
