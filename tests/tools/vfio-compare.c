// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio-compare GROUP ADDRESS: is the fake device of the unit tests (tests/unit/fake_vfio.h) like the kernel's? The fake
 * is given the numbers of a real device, then both are asked the same, step by step, and must answer the same: what
 * succeeds, what is refused and how, what a register holds afterwards. The device is bound to vfio-pci, its group free.
 * Exit status 1: they differ; 2: the device cannot be had.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "passthrough/vfio_device.h"
#include "tests/unit/fake_vfio.h"

enum {
	VECTORS = 8,
	NO_SUCH_KIND = 9,
};

/* One of the two. */
struct side {
	const struct vfio_sys *sys;
	int fd, eventfd[VECTORS];
	struct vfio_region_info config, bar; /* bar: the first that there is */
	uint32_t count[VFIO_IRQ_KINDS];
};

static long answer(int ret)
{
	return ret < 0 ? -errno : ret;
}

static long set_irqs(struct side *side, uint32_t index, uint32_t start, uint32_t count, bool off)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + 4096 * sizeof(int32_t)];
	} request = { .set = { .argsz = (uint32_t)(sizeof(struct vfio_irq_set) + count * sizeof(int32_t)),
			      .flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				       (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
			      .index = index,
			      .start = start,
			      .count = count } };
	int32_t *fds = (int32_t *)request.set.data;

	for (uint32_t i = 0; i < count; i++)
		fds[i] = off ? -1 : side->eventfd[i % VECTORS];
	return answer(side->sys->ioctl(side->fd, VFIO_DEVICE_SET_IRQS, &request));
}

static long msix(struct side *side, uint32_t start, uint32_t count)
{
	return set_irqs(side, VFIO_PCI_MSIX_IRQ_INDEX, start, count, false);
}

static long msix_off(struct side *side)
{
	return msix(side, 0, 0);
}

static long msix_past_the_last(struct side *side)
{
	return msix(side, side->count[VFIO_PCI_MSIX_IRQ_INDEX], 1);
}

static long msix_too_many(struct side *side)
{
	return msix(side, 0, side->count[VFIO_PCI_MSIX_IRQ_INDEX] + 1);
}

static long msix_one(struct side *side)
{
	return msix(side, 0, 1);
}

static long msix_another(struct side *side)
{
	return side->count[VFIO_PCI_MSIX_IRQ_INDEX] > 1 ? msix(side, 1, 1) : 0;
}

static long msix_taken_back(struct side *side)
{
	return set_irqs(side, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1, true);
}

static long msix_all(struct side *side)
{
	return msix(side, 0, side->count[VFIO_PCI_MSIX_IRQ_INDEX]);
}

static long msi_one(struct side *side)
{
	return set_irqs(side, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, false);
}

static long intx_one(struct side *side)
{
	return set_irqs(side, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, false);
}

static long no_such_kind(struct side *side)
{
	return set_irqs(side, NO_SUCH_KIND, 0, 1, false);
}

static long notify(struct side *side)
{
	return set_irqs(side, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, false);
}

static long reset(struct side *side)
{
	return answer(side->sys->ioctl(side->fd, VFIO_DEVICE_RESET, NULL));
}

static long write_command(struct side *side, uint16_t value)
{
	ssize_t done = side->sys->pwrite(side->fd, &value, 2, (off_t)side->config.offset + PCI_COMMAND);

	return done == 2 ? 0 : -1;
}

static long command(struct side *side)
{
	uint16_t value = 0;
	ssize_t done = side->sys->pread(side->fd, &value, 2, (off_t)side->config.offset + PCI_COMMAND);

	return done == 2 ? value & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE) : -1;
}

static long quiet(struct side *side)
{
	return write_command(side, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
}

static long at_work(struct side *side)
{
	return write_command(side, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
}

/* How much comes of a read over the end; refusals are all alike. */
static long read_at(struct side *side, const struct vfio_region_info *region, uint64_t at)
{
	uint32_t value;
	ssize_t done = side->sys->pread(side->fd, &value, sizeof(value), (off_t)(region->offset + at));

	return done == (ssize_t)sizeof(value) ? 0 : -1;
}

static long config_last(struct side *side)
{
	return read_at(side, &side->config, side->config.size - 4);
}

static long config_beyond(struct side *side)
{
	return read_at(side, &side->config, side->config.size);
}

static long bar_first(struct side *side)
{
	return read_at(side, &side->bar, 0);
}

static long bar_beyond(struct side *side)
{
	return read_at(side, &side->bar, side->bar.size);
}

static long irq_count(struct side *side, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	uint32_t flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;

	if (side->sys->ioctl(side->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0)
		return -errno;
	return info.count ? (long)(info.flags & flags) << 16 | info.count : 0;
}

static long msix_info(struct side *side)
{
	return irq_count(side, VFIO_PCI_MSIX_IRQ_INDEX);
}

static long msi_info(struct side *side)
{
	return irq_count(side, VFIO_PCI_MSI_IRQ_INDEX);
}

static long intx_info(struct side *side)
{
	return irq_count(side, VFIO_PCI_INTX_IRQ_INDEX);
}

static const struct step {
	const char *what;
	long (*run)(struct side *side);
} steps[] = {
	{ "MSI-X: its description", msix_info },
	{ "MSI: its description", msi_info },
	{ "INTx: its description", intx_info },
	{ "decoding on, all else off", quiet },
	{ "COMMAND then", command },
	{ "the first register of a BAR", bar_first },
	{ "a register past its end", bar_beyond },
	{ "the last register of configuration space", config_last },
	{ "one past its end", config_beyond },
	{ "MSI-X off while it is off", msix_off },
	{ "a vector past the last", msix_past_the_last },
	{ "one vector more than there are", msix_too_many },
	{ "one vector on", msix_one },
	{ "another while one is on", msix_another },
	{ "MSI while MSI-X is on", msi_one },
	{ "INTx while MSI-X is on", intx_one },
	{ "a vector's trigger taken back", msix_taken_back },
	{ "MSI-X off", msix_off },
	{ "and again", msix_off },
	{ "all vectors on", msix_all },
	{ "MSI-X off", msix_off },
	{ "a kind of interrupt that there is not", no_such_kind },
	{ "be told when the host wants the device", notify },
	{ "bus mastering on", at_work },
	{ "COMMAND then", command },
	{ "bus mastering off", quiet },
	{ "reset", reset },
	{ "COMMAND then", command },
	{ "one vector on after a reset", msix_one },
	{ "MSI-X off", msix_off },
};

static int open_device(const char *group_number, const char *address)
{
	char path[64];
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group, device = -1;

	snprintf(path, sizeof(path), "/dev/vfio/%s", group_number);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (container >= 0 && group >= 0 && !ioctl(group, VFIO_GROUP_GET_STATUS, &status) &&
		status.flags & VFIO_GROUP_FLAGS_VIABLE && !ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) &&
		!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0)
		fprintf(stderr, "vfio-compare: open %s of group %s: %s\n", address, group_number, strerror(errno));
	/* The group and its container stay open for this process's life, as the device needs. */
	return device;
}

/* The fake's numbers are the device's. */
static void resemble(struct fake_vfio *fake, const struct vfio_device *device)
{
	fake_vfio_init(fake);
	fake->flags = VFIO_DEVICE_FLAGS_PCI | (device->can_reset ? VFIO_DEVICE_FLAGS_RESET : 0);
	fake->vectors = device->irq[VFIO_PCI_MSIX_IRQ_INDEX].count;
	fake->dynamic = device->irq[VFIO_PCI_MSIX_IRQ_INDEX].dynamic;
	fake->msi_vectors = device->irq[VFIO_PCI_MSI_IRQ_INDEX].count;
	fake->intx_lines = device->irq[VFIO_PCI_INTX_IRQ_INDEX].count;
	fake->config_region.size = device->config.size;
	for (unsigned int i = 0; i < VFIO_BAR_COUNT; i++)
		fake->bar[i] = (struct fake_region){ .size = device->bar[i].size, .mappable = device->bar[i].mappable };
	for (unsigned int at = 0; at < device->config.size; at += 4)
		fake_set(fake, at, 4, vfio_device_read_config(device, at, 4));
}

static void prepare(struct side *side, const struct vfio_device *device, const struct vfio_sys *sys, int fd)
{
	*side = (struct side){ .sys = sys, .fd = fd };
	for (unsigned int i = 0; i < VECTORS; i++)
		side->eventfd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (unsigned int i = 0; i < VFIO_IRQ_KINDS; i++)
		side->count[i] = device->irq[i].count;
	side->config =
		(struct vfio_region_info){ .argsz = sizeof(side->config), .index = VFIO_PCI_CONFIG_REGION_INDEX };
	sys->ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &side->config);
	for (uint32_t i = 0; i < VFIO_BAR_COUNT && !side->bar.size; i++) {
		side->bar = (struct vfio_region_info){ .argsz = sizeof(side->bar), .index = i };
		sys->ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &side->bar);
	}
}

static int compare(struct side *real, struct side *fake)
{
	int differences = 0;

	for (size_t i = 0; i < array_size(steps); i++) {
		long theirs = steps[i].run(real), ours = steps[i].run(fake);

		printf("%s  %-42s kernel %ld, fake %ld\n", theirs == ours ? "same" : "DIFF", steps[i].what, theirs,
			ours);
		differences += theirs != ours;
	}
	printf("%zu steps, %d differences\n", array_size(steps), differences);
	return differences ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct fake_vfio fake;
	struct side real_side, fake_side;
	struct vfio_device device;
	struct error err = { 0 };
	int fd = argc == 3 ? open_device(argv[1], argv[2]) : -1;

	if (argc != 3)
		fprintf(stderr, "usage: vfio-compare GROUP ADDRESS\n");
	if (fd < 0)
		return 2;
	if (vfio_device_init(&device, fd, argv[2], NULL, &err)) {
		fprintf(stderr, "vfio-compare: %s\n", err.msg);
		return 2;
	}
	resemble(&fake, &device);
	prepare(&real_side, &device, &vfio_sys_kernel, fd);
	prepare(&fake_side, &device, &fake_vfio_sys, FAKE_VFIO_FD);
	return compare(&real_side, &fake_side);
}
