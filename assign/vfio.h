/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening VFIO for a guest, in one of two ways (vfio_backend.h): an I/O address space of iommufd and each device's own
 * node, or a container with all the devices' groups in it and the type1v2 back end chosen. Every errno of the kernel is
 * turned into its cause (vfio_explain.h): a group that is not viable (and who makes it so), one that another process
 * holds (and who), no interrupt remapping, a reserved region.
 */
#ifndef ASSIGN_VFIO_H
#define ASSIGN_VFIO_H

#include "os/sysroot.h"
#include "pci/pci.h"
#include "wire/limits.h"

enum {
	VFIO_HOST_DEVICE_MAX = LIMIT_DEVICES
};

/* How the kernel is asked; tests put failures in. */
typedef int (*vfio_host_ioctl_fn)(int fd, unsigned long request, void *argument);

/* Which way; AUTO is iommufd where the kernel has it and this user may, else groups. */
enum vfio_choice {
	VFIO_CHOICE_AUTO,
	VFIO_CHOICE_IOMMUFD,
	VFIO_CHOICE_TYPE1,
};

struct vfio_backend;

/* Where sysfs has the numbers of the nodes of address spaces. */
#define VFIO_SPACE_IOMMUFD "sys/class/misc/iommu/dev"
#define VFIO_SPACE_CONTAINER "sys/class/misc/vfio/dev"

/* A descriptor of a device's own node, or of its group's, that was opened by somebody else. */
struct vfio_given {
	struct pci_addr addr;
	int fd; /* 0: taken */
};

struct vfio_host {
	vfio_host_ioctl_fn ioctl;
	const struct sysroot *root; /* borrowed from vfio_host_open() */
	const struct vfio_backend *backend;
	const char *vf_token; /* borrowed; a UUID, NULL: none. Set between init and open */
	/* Set between init and open, which takes them over (vfio_given.h); the space's is 0 when there is none. */
	struct vfio_given given[VFIO_HOST_DEVICE_MAX];
	size_t given_count;
	int given_space;
	int space_fd;  /* the container, or the iommufd */
	bool has_type; /* groups: the container's IOMMU type is set */
	/* iommufd: the address space in it; whether pinned memory counts for the process, or for the user */
	uint32_t ioas;
	bool counts_process;
	/* groups, each once */
	int group_fd[VFIO_HOST_DEVICE_MAX];
	uint32_t group_id[VFIO_HOST_DEVICE_MAX];
	size_t group_count;
	struct pci_addr device[VFIO_HOST_DEVICE_MAX]; /* as given to vfio_host_open() */
	int device_group[VFIO_HOST_DEVICE_MAX];       /* number of its IOMMU group */
	size_t device_node[VFIO_HOST_DEVICE_MAX];     /* by groups: index into group_fd */
	int cdev_fd[VFIO_HOST_DEVICE_MAX];            /* iommufd: its node, until it is opened */
	uint64_t attach_ns[VFIO_HOST_DEVICE_MAX];     /* how long the IOMMU was asked for it */
	size_t device_count;
};

void vfio_host_init(struct vfio_host *vfio);
void vfio_host_done(struct vfio_host *vfio);

/*
 * Open the address space and the nodes of all functions; no device is opened or reset yet. The functions have been
 * bound to vfio-pci before. CODE_VFIO_NO_MODULE, CODE_VFIO_PERM, CODE_NO_GROUP, CODE_GROUP_BUSY, CODE_GROUP_NOT_VIABLE,
 * CODE_IOMMU_NO_INTREMAP, CODE_DEV_RESERVED_MEMORY, CODE_VFIO_NOIOMMU; on failure nothing stays open. With a VF token
 * AUTO is groups: every kernel compares it there, and before Linux 6.19 none does with iommufd.
 */
int vfio_host_open(struct vfio_host *vfio, const struct sysroot *root, const struct pci_addr *addrs, size_t count,
	enum vfio_choice choice, struct error *err);

/*
 * Does the kernel want the VF token for this device, or take it as the one that its VFs want? A VF whose PF is with
 * VFIO, and a PF that is. It takes none from any other.
 */
bool vfio_host_takes_token(const struct vfio_host *vfio, const char *name);

/*
 * One more device in the same address space. By groups, its group must be new to it: CODE_GROUP_BUSY. On failure
 * nothing of it stays open.
 */
int vfio_host_add(struct vfio_host *vfio, struct pci_addr addr, struct error *err);

/* Close all but the address space: whoever was given devices and groups keeps them open. */
void vfio_host_keep_space(struct vfio_host *vfio);

/* After vfio_host_open(): which way it was. */
bool vfio_host_is_iommufd(const struct vfio_host *vfio);

/*
 * Open one device of those that vfio_host_open() got, once: the kernel resets it, which takes 100 ms and more;
 * afterwards its DMA goes through the address space. Callable from several threads at once. The caller owns *ret_fd.
 * The kernel opens a device whose reset failed, too: CODE_DEV_NOT_CLEAN, unless that is accepted. One that has no reset
 * at all is not asked about. By groups the causes above are found by vfio_host_open(), with iommufd by this.
 */
int vfio_host_open_device(
	struct vfio_host *vfio, struct pci_addr addr, bool unclean_ok, int *ret_fd, struct error *err);

#endif
