// SPDX-License-Identifier: GPL-2.0-or-later
/* This machine: root, inventory and IOMMU, read once for a command; see host.h. */
#include "assign/host.h"

#include <errno.h>
#include <stdlib.h>

static int read_all(struct host *host, unsigned int how, struct error *err)
{
	int ret = pci_inventory_read(&host->root, how, &host->pci, err);

	if (ret < 0)
		return ret;
	ret = iommu_host_read(&host->root, &host->iommu, err);
	if (ret < 0)
		return ret;
	host->use = calloc(1, sizeof(struct use_graph *));
	return host->use ? 0 : fail(err, ENOMEM, "look at this host");
}

static int read_or_close(struct host *opened, unsigned int how, struct host *ret_host, struct error *err)
{
	int ret = read_all(opened, how, err);

	if (ret < 0) {
		host_close(opened);
		return ret;
	}
	*ret_host = *opened;
	return 0;
}

int host_open(struct host *host, const char *sysroot, unsigned int how, struct error *err)
{
	struct host opened = { .root = { .fd = -1 } };
	int ret = sysroot_open(&opened.root, sysroot, err);

	return ret < 0 ? ret : read_or_close(&opened, how, host, err);
}

int host_open_at(struct host *host, const struct sysroot *root, unsigned int how, struct error *err)
{
	struct host opened = { .root = { .fd = -1 } };
	int ret = sysroot_copy(root, &opened.root, err);

	return ret < 0 ? ret : read_or_close(&opened, how, host, err);
}

static void forget_use(struct host *host)
{
	if (!host->use)
		return;
	use_graph_free(*host->use);
	*host->use = NULL;
}

void host_close(struct host *host)
{
	if (!host)
		return;
	forget_use(host);
	free(host->use);
	host->use = NULL;
	pci_inventory_done(&host->pci);
	sysroot_close(&host->root);
}

int host_refresh(struct host *host, struct error *err)
{
	struct iommu_host iommu = { 0 };
	int ret = pci_inventory_refresh(&host->root, &host->pci, err);

	if (ret >= 0)
		ret = iommu_host_read(&host->root, &iommu, err);
	if (ret < 0)
		return ret;
	forget_use(host);
	host->iommu = iommu;
	return 0;
}

struct use_graph *host_use(const struct host *host, struct error *err)
{
	if (!*host->use && use_graph_read(&host->root, &host->pci, host->use, err) < 0)
		return NULL;
	return *host->use;
}

int host_users(const struct host *host, const struct pci_device *device, struct pci_users *ret_users, struct error *err)
{
	struct use_graph *graph;

	/* A host that was put together by hand has no place to keep it. */
	if (!host->use)
		return pci_users_read(&host->root, &host->pci, device, ret_users, err);
	graph = host_use(host, err);
	return graph ? use_graph_users(graph, device, ret_users, err) : -ENOMEM;
}
