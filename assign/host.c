// SPDX-License-Identifier: GPL-2.0-or-later
/* This machine: root, inventory and IOMMU, read once for a command; and the lock of those who change it. */
#include "assign/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "os/run_dir.h"

enum {
	LOCK_WAIT_MS = 30000,
	LOCK_STEP_MS = 50,
};

int host_open(struct host *host, const char *sysroot, unsigned int how, struct error *err)
{
	struct host opened = { .root = { .fd = -1 } };
	int ret = sysroot_open(&opened.root, sysroot, err);

	if (!ret)
		ret = pci_inventory_read(&opened.root, how, &opened.pci, err);
	if (!ret)
		ret = iommu_host_read(&opened.root, &opened.iommu, err);
	if (!ret) {
		opened.use = calloc(1, sizeof(struct use_graph *));
		ret = opened.use ? 0 : fail(err, ENOMEM, "look at this host");
	}
	if (ret < 0) {
		host_close(&opened);
		return ret;
	}
	*host = opened;
	return 0;
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

int host_lock(const struct sysroot *root, int *ret_fd, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * 1000000L };
	cleanup_close int dir = -1;
	cleanup_close int fd = -1;
	int ret = run_dir_open(root, NULL, true, &dir, err);

	if (ret < 0)
		return ret;
	fd = openat(dir, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		fail_code(err, CODE_NOT_ROOT, errno, "this changes the host, and /run/sluice belongs to another user");
		return fail_hint(err, "run this as root, for example with sudo");
	}
	if (fd < 0)
		return fail(err, errno, "open /run/sluice/.lock");
	for (unsigned int waited = 0; fcntl(fd, F_OFD_SETLK, &lock); waited += LOCK_STEP_MS) {
		if (errno != EAGAIN && errno != EACCES)
			return fail(err, errno, "lock /run/sluice/.lock");
		if (waited >= LOCK_WAIT_MS) {
			fail_code(err, CODE_FAILED, EBUSY, "another sluice has been changing the host for %d s",
				LOCK_WAIT_MS / 1000);
			return fail_hint(err, "'fuser -v /run/sluice/.lock' shows which; wait for it or end it");
		}
		nanosleep(&step, NULL);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
