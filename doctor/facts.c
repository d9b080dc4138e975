// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading what checks know; see facts.h. */
#include "doctor/facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "doctor/fault_read.h"

enum {
	MODULES_LIST_SIZE = 4 << 20
};

bool facts_argument(const struct facts *facts, const char *prefix, char *buf, size_t size)
{
	size_t length = strlen(prefix);
	bool is_prefix = length && prefix[length - 1] == '=';

	for (const char *at = facts->cmdline; *at; at += strspn(at, " \n")) {
		size_t here = strcspn(at, " \n");

		if (here >= length && !strncmp(at, prefix, length) && (is_prefix || here == length)) {
			snprintf(buf, size, "%.*s", (int)here, at);
			return true;
		}
		at += here;
	}
	return false;
}

bool facts_has_argument(const struct facts *facts, const char *word)
{
	char found[2];

	return facts_argument(facts, word, found, sizeof(found));
}

bool facts_kernel_at_least(const struct facts *facts, unsigned int major, unsigned int minor)
{
	return facts->kernel_major > major || (facts->kernel_major == major && facts->kernel_minor >= minor);
}

/* Is /kernel/.../MODULE.ko named in lib/modules/RELEASE/LIST? A file's name has '-' or '_', as its maker liked. */
static int module_listed(const struct facts *facts, const char *list, const char *module)
{
	cleanup_free char *text = calloc(1, MODULES_LIST_SIZE);

	if (!text || !facts->release[0] ||
		sysroot_read_text(
			&facts->host->root, text, MODULES_LIST_SIZE, "lib/modules/%s/%s", facts->release, list) < 0)
		return -1;
	for (char *at = text; (at = strchr(at, '/')); at++) {
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "./\n: "), at + 1);
		if (modprobe_same_module(name, module) && text_starts_with(at + 1 + strlen(name), ".ko"))
			return 1;
	}
	return 0;
}

int facts_module_is_builtin(const struct facts *facts, const char *module)
{
	return module_listed(facts, "modules.builtin", module);
}

int facts_module_exists(const struct facts *facts, const char *module)
{
	int builtin = module_listed(facts, "modules.builtin", module);
	int loadable = module_listed(facts, "modules.dep", module);

	return builtin == 1 || loadable == 1 ? 1 : loadable;
}

void facts_done(struct facts *facts)
{
	modprobe_conf_done(&facts->modprobe);
	rivals_done(&facts->rivals);
	iommu_table_done(&facts->table);
	topology_done(&facts->topology);
	free(facts->topology_group);
	facts_devices_done(facts);
	numa_done(&facts->numa);
	record_changes_done(&facts->changes);
	kernel_findings_done(&facts->log);
	iommu_fault_tally_done(&facts->faults);
}

static int read_topology(struct facts *facts, struct error *err)
{
	int ret = topology_read(&facts->host->root, &facts->host->pci, &facts->topology, err);

	if (ret < 0)
		return ret;
	facts->topology_group = calloc(facts->topology.count + 1, sizeof(*facts->topology_group));
	if (!facts->topology_group)
		return fail(err, ENOMEM, "prove the IOMMU groups");
	return topology_group(&facts->topology, facts->topology_group);
}

/* What has changed since sluice last changed this host; not known where there is no record. */
static void read_changes(struct facts *facts)
{
	cleanup(record_done) struct record before = { 0 };
	cleanup(record_done) struct record now = { 0 };

	facts->changes_known = record_read(&facts->host->root, false, &before, NULL) == 1 &&
			       !record_take(facts->host, &now, NULL) &&
			       !record_compare(&before, &now, &facts->changes, NULL);
}

int facts_read(struct facts *facts, struct error *err)
{
	const struct sysroot *root = &facts->host->root;
	int ret;

	boot_loader_read(root, &facts->loader);
	if (sysroot_read_text(root, facts->cmdline, sizeof(facts->cmdline), "proc/cmdline") < 0)
		facts->cmdline[0] = '\0';
	if (sysroot_read_text(root, facts->release, sizeof(facts->release), "proc/sys/kernel/osrelease") < 0 ||
		strchr(facts->release, '/'))
		facts->release[0] = '\0';
	if (sscanf(facts->release, "%u.%u", &facts->kernel_major, &facts->kernel_minor) != 2)
		facts->kernel_major = facts->kernel_minor = 0;
	/* A malformed table is a finding, and no reason to find nothing else. */
	if (iommu_table_read(root, &facts->host->pci, &facts->table, &facts->table_error) < 0)
		facts->table = (struct iommu_table){ 0 };
	ret = modprobe_conf_read(root, &facts->modprobe, err);
	if (ret < 0)
		return ret;
	ret = rivals_read(root, &facts->host->pci, &facts->modprobe, &facts->rivals, err);
	if (ret < 0)
		return ret;
	ret = read_topology(facts, err);
	if (ret < 0)
		return ret;
	ret = facts_read_devices(facts, err);
	if (ret < 0)
		return ret;
	ret = numa_read(root, &facts->numa, err);
	if (ret < 0)
		return ret;
	vectors_read(root, &facts->vectors);
	framebuffers_read(root, &facts->framebuffers);
	read_changes(facts);
	ret = kernel_findings_read(root, &facts->log, err);
	if (ret < 0)
		return ret;
	return fault_tally_read(root, &facts->faults, err);
}
