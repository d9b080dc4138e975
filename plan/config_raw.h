/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as it is written: values of the right types at the right places, names not yet looked up, ranges and
 * defaults not yet spread over VFs. The schema's rows fill it (config_fill.c), config_build.c makes a struct desired of
 * it. Everything that it points to is the arena's.
 */
#ifndef PLAN_CONFIG_RAW_H
#define PLAN_CONFIG_RAW_H

#include "plan/desired.h"

/* A number that was not said, where 0 is one. */
#define RAW_UNSET UINT64_MAX

struct raw_name {
	const char *text;
	struct place at;
};

struct raw_vf {
	int range[2]; /* both included; last INT_MAX: to the end */
	struct vf_settings set;
	struct desired_driver driver;
	struct place at, mac_at;
};

struct raw_pf {
	struct desired_ref pf;
	uint32_t count;
	struct place count_at;
	struct desired_driver driver;
	struct raw_vf defaults; /* its range is not used */
	struct raw_vf *vf;
	size_t vf_count;
};

struct raw_node_pages {
	uint32_t node;
	uint64_t count;
	struct place at;
};

struct raw_hugepages {
	uint64_t page_bytes;
	uint64_t count; /* RAW_UNSET */
	struct raw_node_pages *node;
	size_t node_count;
	struct place at;
};

struct raw_guest_device {
	struct desired_ref device; /* text NULL: from a pool */
	struct raw_name pool;
	const char *rom; /* "off": it sees none */
	bool allow_no_reset, allow_unclean;
	struct place at;
};

struct raw_guest {
	struct desired_guest guest;
	int hugepages; /* index into "none", "2M", "1G" */
	struct place hugepages_at;
	struct raw_guest_device *device;
	size_t device_count;
	struct raw_name *disk, *net; /* as `run --disk` and `run --net` have them */
	size_t disk_count, net_count;
	struct raw_name *after;
	size_t after_count;
	struct raw_name *needs;
	size_t needs_count;
};

struct config_raw {
	uint32_t version;
	struct desired_alias *alias;
	size_t alias_count;
	struct {
		int iommu;
		struct place iommu_at;
		struct raw_hugepages *hugepages;
		size_t hugepages_count;
		struct desired_argument *argument;
		size_t argument_count;
		struct desired_module *module;
		size_t module_count;
	} host;
	struct raw_pf *pf;
	size_t pf_count;
	struct desired_binding *binding;
	size_t binding_count;
	struct desired_pool *pool;
	size_t pool_count;
	struct raw_guest *guest;
	size_t guest_count;
	struct desired_policy policy;
};

#endif
