/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The desired state: what the configuration files say this host should be, typed, complete and free of contradictions
 * that can be seen without the host. config.h makes one from files; the plan compares it with a host.
 *
 * Ownership: a struct desired owns everything that it points to, also texts and lists, in one arena; desired_free()
 * ends all of it. Nothing in it changes once it was made, so pointers into it are good until then.
 *
 * What was not said is "unset" and has a named value, so that "zero" and "leave it alone" are two things: texts are
 * NULL, numbers DESIRED_UNSET, switches DESIRED_UNSET. A file that says nothing of a thing leaves that thing alone.
 *
 * Where it was said: every value that can be wrong about a host has a struct place. desired_fail() makes an error of
 * one, with file, line and column; place.line 0 is "in no file" (a default).
 */
#ifndef PLAN_DESIRED_H
#define PLAN_DESIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "guest/disk.h"
#include "guest/net.h"
#include "pci/identity.h"
#include "plan/place.h"
#include "sriov/sriov.h"
#include "wire/limits.h"

enum {
	DESIRED_VERSION = 1, /* of the files' format */
};

#define DESIRED_UNSET (-1)

/* Devices ------------------------------------------------------------------------------------------------------- */

/*
 * aliases: the only way that a file names a device. The card's address is none of it: addresses change with firmware,
 * slots and kernels. card.path "" or has_ids false: it may be anywhere, or of any kind, since its number is its own.
 */
struct desired_alias {
	const char *name; /* text_is_name() */
	struct pci_identity card;
	bool has_ids;         /* vendor and device; */
	bool has_subsystem;   /* and the subsystem's */
	bool has_function;    /* card.function was said, or follows from the path */
	struct place at;      /* the name */
	struct place card_at; /* of path, or else of the number that tells it from others */
};

/* What names one device, or some VFs of one PF: "uplink", "uplink/3", "uplink/0-3", "uplink/all". */
struct desired_ref {
	const char *text; /* as written */
	size_t alias;     /* index into desired.alias */
	int first, last;  /* VF indexes, both included; DESIRED_UNSET: the function itself */
	struct place at;
};

enum desired_driver_kind {
	DESIRED_DRIVER_UNSET, /* leave alone what it has */
	DESIRED_DRIVER_HOST,  /* "host": the one that the kernel chooses */
	DESIRED_DRIVER_VFIO,  /* "vfio": the best of VFIO for it (assign/variant.h) */
	DESIRED_DRIVER_NONE,  /* "none": no driver */
	DESIRED_DRIVER_NAMED, /* any other word: that driver */
};

struct desired_driver {
	enum desired_driver_kind kind;
	const char *name; /* of NAMED; else NULL */
	struct place at;
};

/* sriov --------------------------------------------------------------------------------------------------------- */

struct desired_vf {
	struct vf_settings set; /* its own over the PF's defaults; what is unset is left alone */
	struct desired_driver driver;
	struct place at;     /* its entry, else that of the defaults, else of the PF */
	struct place mac_at; /* of its MAC */
};

struct desired_pf {
	size_t alias; /* of the PF */
	uint32_t count;
	struct place at, count_at;
	struct desired_driver driver; /* of VFs whose entry says nothing: already in vf[] */
	struct desired_vf *vf;        /* count of them, by index */
};

/* devices: functions that are no VFs, or single VFs, and their drivers ------------------------------------------- */

struct desired_binding {
	struct desired_ref device; /* one function */
	struct desired_driver driver;
	bool early;       /* kept from its own driver from the initramfs on */
	const char *user; /* who may open its VFIO nodes; NULL: root */
	struct place at, user_at;
};

/* pools: devices that are as good as each other ------------------------------------------------------------------ */

struct desired_pool {
	const char *name;
	struct desired_ref *member; /* in order of preference */
	size_t member_count;
	struct place at;
};

/* guests -------------------------------------------------------------------------------------------------------- */

struct desired_guest_device {
	bool from_pool;
	struct desired_ref device; /* one function; unless from_pool */
	size_t pool;               /* index into desired.pool; if from_pool */
	const char *rom;           /* file; NULL: its own */
	bool rom_off;
	bool allow_no_reset, allow_unclean;
	struct place at;
};

struct desired_disk {
	struct guest_disk disk;
	struct place at;
};

struct desired_net {
	struct guest_net net;
	struct place at;
};

enum desired_restart {
	DESIRED_RESTART_NEVER,
	DESIRED_RESTART_ON_FAILURE, /* it crashed */
	DESIRED_RESTART_ALWAYS,     /* also when it powered off */
};

struct desired_guest {
	const char *name; /* text_is_name() */
	const char *kernel, *initrd, *cmdline;
	uint64_t memory_bytes;
	uint64_t page_bytes; /* 4096: not reserved */
	uint32_t cpus;
	uint32_t free_ports; /* for devices that come later */
	int backend;         /* enum vfio_choice */
	const char *vf_token, *rules;
	bool unsafe_interrupts_ok;
	struct desired_guest_device *device;
	size_t device_count;       /* up to LIMIT_DEVICES */
	struct desired_disk *disk; /* up to LIMIT_DISKS */
	size_t disk_count;
	struct desired_net *net; /* up to LIMIT_NETS */
	size_t net_count;
	bool rng;
	bool autostart; /* at boot, and by `up` without names */
	size_t *after;  /* guests that are started before and stopped later: indexes into desired.guest, no circle */
	size_t after_count;
	size_t *needs; /* of those the ones without which it is not started; without it they are not stopped */
	size_t needs_count;
	enum desired_restart restart;
	uint32_t restart_delay_seconds; /* before the first; doubled each time */
	uint32_t restart_limit;         /* starts in a row that come to nothing; 0: it is always tried again */
	uint32_t stop_seconds;          /* asked to power off, it has so long */
	struct place at, kernel_at, initrd_at, memory_at, rules_at;
};

/* host ---------------------------------------------------------------------------------------------------------- */

enum desired_iommu {
	DESIRED_IOMMU_UNSET,
	DESIRED_IOMMU_ON,          /* DMA of the host's own devices is translated or not as the kernel likes */
	DESIRED_IOMMU_PASSTHROUGH, /* iommu=pt: it is not */
	DESIRED_IOMMU_STRICT,      /* iommu.passthrough=0 iommu.strict=1: it is, and stale entries go at once */
};

struct desired_hugepages {
	uint64_t page_bytes; /* 2 MiB or 1 GiB */
	int node;            /* NUMA node; DESIRED_UNSET: the kernel spreads them */
	uint64_t count;
	struct place at;
};

struct desired_argument {
	const char *text; /* one argument of the kernel's command line: "pci=realloc" */
	struct place at;
};

struct desired_option {
	const char *name, *value;
	struct place at;
};

struct desired_module {
	const char *name; /* with '_' for '-' */
	bool load;        /* at boot */
	bool blacklist;
	struct desired_option *option;
	size_t option_count;
	struct place at;
};

struct desired_host {
	enum desired_iommu iommu;
	struct place iommu_at;
	struct desired_hugepages *hugepages; /* each page size and node once */
	size_t hugepages_count;
	struct desired_argument *argument;
	size_t argument_count;
	struct desired_module *module; /* by name, each once */
	size_t module_count;
};

/* policy -------------------------------------------------------------------------------------------------------- */

struct desired_policy {
	uint32_t confirm_seconds; /* of `apply` that says nothing of it; 0: it waits for nobody */
	struct desired_ref *keep; /* the host's: no plan takes them from it, whatever else the files say */
	size_t keep_count;
};

/* All of it ----------------------------------------------------------------------------------------------------- */

struct desired {
	struct desired_alias *alias;
	size_t alias_count;
	struct desired_host host;
	struct desired_pf *pf;
	size_t pf_count;
	struct desired_binding *binding;
	size_t binding_count;
	struct desired_pool *pool;
	size_t pool_count;
	struct desired_guest *guest;
	size_t guest_count;
	struct desired_policy policy;
	struct source_list *sources; /* the files' texts, for messages */
	struct arena *arena;
};

/* Accepts NULL. */
void desired_free(struct desired *desired);

static inline void cleanup_desired_free(struct desired **desired)
{
	desired_free(*desired);
}

#define cleanup_desired cleanup(cleanup_desired_free)

/* NULL when there is none of that name. */
const struct desired_alias *desired_alias(const struct desired *desired, const char *name);
const struct desired_guest *desired_guest(const struct desired *desired, const char *name);

/* The PF's entry of sriov for an alias; NULL: the files leave its VFs alone. */
const struct desired_pf *desired_pf(const struct desired *desired, size_t alias);

/* Words of the file for an enum desired_restart, desired_iommu or desired_driver; "" for what is unset. */
const char *desired_restart_name(enum desired_restart restart);
const char *desired_iommu_name(enum desired_iommu iommu);
const char *desired_driver_name(const struct desired_driver *driver);

/*
 * A failure that is a place's fault: "FILE:LINE:COL: message" with code, and the line with a caret in it. As
 * fail_code() otherwise.
 */
int desired_fail(const struct desired *desired, struct place at, struct error *err, enum code code, int errnum,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
