// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov_numvfs, as sriov_numvfs_store() of drivers/pci/iov.c has it: the number that there is already is no error, one
 * that is neither that nor zero is EBUSY while there are VFs, and only the driver makes them. Drivers that make VFs
 * after the write has returned are the description's late-ms.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"

static int parse_count(const char *text, unsigned int *ret_count)
{
	char *end;
	unsigned long count;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	count = strtoul(text, &end, 0);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	*ret_count = (unsigned int)count;
	return count > 0xffff ? -ERANGE : 0;
}

/* 0: to be done; 1: so it is; -errno. */
int sriov_check(struct kernel *kernel, const struct function *pf, const char *text, unsigned int *ret_count)
{
	int ret = parse_count(text, ret_count);

	if (ret < 0)
		return ret;
	if (*ret_count > pf->total)
		return -ERANGE;
	if (*ret_count == pf->count)
		return 1;
	if (!pf->driver) {
		kmsg_line(kernel, 6, "pci %s: no driver bound to device; cannot configure SR-IOV", pf->name);
		return -ENOENT;
	}
	if (!pf->driver->splits) {
		kmsg_line(kernel, 6, "%s %s: driver does not support SR-IOV configuration via sysfs", pf->driver->name,
			pf->name);
		return -ENOENT;
	}
	if (*ret_count && pf->count) {
		kmsg_line(kernel, 4, "%s %s: %u VFs already enabled. Disable before enabling %u VFs", pf->driver->name,
			pf->name, pf->count, *ret_count);
		return -EBUSY;
	}
	if (pf->driver->max_vfs && *ret_count > pf->driver->max_vfs)
		return -EINVAL;
	return 0;
}

static void show_vfs(struct kernel *kernel, void *object)
{
	struct function *pf = object;

	for (unsigned int i = 0; i < pf->count; i++) {
		if (pf->vf[i]->dir || !pf->dir)
			continue;
		function_show(kernel, pf->vf[i]);
		driver_probe(kernel, pf->vf[i]);
	}
}

void sriov_make(struct kernel *kernel, struct function *pf, unsigned int count)
{
	/* The last first: each is put at the list's beginning. */
	for (unsigned int i = 0; i < count; i++)
		pf->vf[i] = function_new_vf(kernel, pf, i);
	memset(pf->attributes, 0, pf->total * sizeof(*pf->attributes));
	for (unsigned int i = 0; i < count; i++) {
		pf->attributes[i].spoofchk = 1;
		pf->attributes[i].vlan_proto = ETH_P_8021Q;
	}
	pf->count = count;
	function_show_number(kernel, pf, "sriov_numvfs", count);
	kmsg_line(kernel, 6, "%s %s: %u VFs allocated", pf->driver->name, pf->name, count);
	if (pf->late_ms)
		timer_add(kernel, pf->late_ms, show_vfs, pf);
	else
		show_vfs(kernel, pf);
}

void sriov_remove(struct kernel *kernel, struct function *pf)
{
	while (pf->count)
		function_free(kernel, pf->vf[--pf->count]);
	function_show_number(kernel, pf, "sriov_numvfs", 0);
}
