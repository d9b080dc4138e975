/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both programs ask of iommufd and of a VFIO device's own node: requests and structs of
 * include/uapi/linux/iommufd.h and include/uapi/linux/vfio.h as of Linux 7.3, under names of ours, since the headers of
 * Debian 12 (Linux 6.1) have none of them and those of Debian 13 lack some. A kernel answers ENOTTY to a request that
 * it does not know. Documentation/userspace-api/iommufd.rst says how the objects hang together.
 *
 * Left out: everything that sluice does not use (nesting, dirty tracking, faults, physical addresses without an IOMMU).
 */
#ifndef WIRE_IOMMUFD_H
#define WIRE_IOMMUFD_H

#include <assert.h>
#include <linux/ioctl.h>
#include <linux/types.h>

enum {
	IOMMUFD_MAP_FIXED = 1 << 0, /* at the address that is asked for */
	IOMMUFD_MAP_WRITEABLE = 1 << 1,
	IOMMUFD_MAP_READABLE = 1 << 2,
	IOMMUFD_RLIMIT_MODE = 0, /* option; value 1: pinned pages count for the process, 0: for the user */
	IOMMUFD_OPTION_SET = 0,
};

/* An I/O address space. */
struct iommufd_alloc {
	__u32 size, flags, out_ioas;
};

struct iommufd_range {
	__u64 first, last; /* inclusive */
};

/* The addresses that every attached device reaches. EMSGSIZE: there are more than count, which says how many. */
struct iommufd_ranges {
	__u32 size, ioas, count, reserved;
	__u64 ranges; /* pointer to count struct iommufd_range */
	__u64 out_alignment;
};

/* Memory of this process. */
struct iommufd_map {
	__u32 size, flags, ioas, reserved;
	__u64 address, bytes, iova;
};

/* Memory of a memfd: Linux 6.13. */
struct iommufd_map_file {
	__u32 size, flags, ioas;
	__s32 fd;
	__u64 offset, bytes, iova;
};

struct iommufd_unmap {
	__u32 size, ioas;
	__u64 iova, bytes; /* afterwards: as many as were unmapped */
};

struct iommufd_option {
	__u32 size, option;
	__u16 op, reserved;
	__u32 object;
	__u64 value;
};

#define IOMMUFD_IOAS_ALLOC _IO(';', 0x81)
#define IOMMUFD_IOAS_RANGES _IO(';', 0x84)
#define IOMMUFD_IOAS_MAP _IO(';', 0x85)
#define IOMMUFD_IOAS_UNMAP _IO(';', 0x86)
#define IOMMUFD_SET_OPTION _IO(';', 0x87)
#define IOMMUFD_IOAS_MAP_FILE _IO(';', 0x8f)

/* Of a VFIO device's node: nothing else may be asked before this. It opens the device, which resets it. */
struct vfio_bind_iommufd {
	__u32 argsz, flags;
	__s32 iommufd;
	__u32 out_device;
	__u64 token; /* pointer to the 16 bytes of a VF token, with VFIO_BIND_TOKEN: Linux 6.19 */
};

/* The device's DMA goes through this address space from now on. */
struct vfio_attach_ioas {
	__u32 argsz, flags;
	__u32 ioas; /* afterwards: the page table that the kernel made for it */
};

enum {
	VFIO_BIND_TOKEN = 1 << 0,
	VFIO_BIND_SIZE_OLD = 16, /* argsz before there were tokens */
};

#define VFIO_BIND_IOMMUFD _IO(';', 118)
#define VFIO_ATTACH_IOAS _IO(';', 119)

static_assert(sizeof(struct iommufd_alloc) == 12 && sizeof(struct iommufd_ranges) == 32 &&
		      sizeof(struct iommufd_map) == 40 && sizeof(struct iommufd_map_file) == 40 &&
		      sizeof(struct iommufd_unmap) == 24 && sizeof(struct iommufd_option) == 24,
	"sizes are how the kernel tells versions of a struct apart");

#endif
