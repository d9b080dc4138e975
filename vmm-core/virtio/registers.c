// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a driver and a device agree on (virtio 1.2, 2.1 to 2.4, 3.1, 4.1.4.3); see registers.h. The common configuration
 * is a table of registers of their natural width (4.1.3.1); other widths read as zero and are not written.
 */
#include "vmm-core/virtio/registers.h"

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "base/cleanup.h"
#include "vmm-core/vm.h"

enum {
	DRIVER_BITS = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK |
		      VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED,
	ISR_QUEUE = 1,
	ISR_CONFIG = 2,
};

#define FEATURE(bit) (1ull << (bit))

bool virtio_device_has(const struct virtio_device *device, unsigned int feature)
{
	return device->features & FEATURE(feature);
}

/* interrupts: any thread -------------------------------------------------------------------------- */

static void interrupt(struct virtio_device *device, uint16_t vector, uint8_t isr)
{
	if (vector != VIRTQ_NO_VECTOR)
		pci_msix_raise(&device->msix, vector);
	else
		atomic_fetch_or(&device->isr, isr);
}

void virtio_device_interrupt(struct virtio_device *device, unsigned int queue)
{
	device->queue[queue].interrupts++;
	interrupt(device, device->queue[queue].vector, ISR_QUEUE);
}

void virtio_device_failed(struct virtio_device *device)
{
	atomic_fetch_or(&device->status, VIRTIO_CONFIG_S_NEEDS_RESET);
	interrupt(device, device->config_vector, ISR_CONFIG);
}

/* status and reset (2.1, 2.4, 3.1) ---------------------------------------------------------------- */

void virtio_registers_reset(struct virtio_device *device)
{
	device->features = 0;
	device->feature_select = device->driver_feature_select = 0;
	device->queue_select = 0;
	device->config_vector = VIRTQ_NO_VECTOR;
	device->isr = 0;
	for (unsigned int i = 0; i < device->queue_count; i++)
		virtqueue_reset(&device->queue[i]);
	device->started = device->resetting = false;
	device->status = 0;
}

/* A reset that could not be finished at once may be by now. */
void virtio_registers_settle(struct virtio_device *device)
{
	if (device->resetting && device->ops->is_stopped(device))
		virtio_registers_reset(device);
}

static void reset(struct virtio_device *device)
{
	if (device->resetting)
		return;
	device->resetting = true;
	if (device->started)
		device->ops->stop(device);
	virtio_registers_settle(device);
}

static bool features_are_valid(const struct virtio_device *device)
{
	return !(device->features & ~device->offered) && virtio_device_has(device, VIRTIO_F_VERSION_1);
}

static int start(struct virtio_device *device, struct error *err)
{
	for (unsigned int i = 0; i < device->queue_count; i++) {
		struct virtqueue *queue = &device->queue[i];
		int ret = queue->enabled ? virtqueue_start(queue, &device->vm->ram, device->features, err) : 0;

		if (ret < 0)
			return ret;
	}
	device->started = true;
	return device->ops->start(device, err);
}

/* Bits are added, never taken away, but by a reset. */
static void write_status(struct virtio_device *device, uint64_t value)
{
	uint8_t added = (uint8_t)value & DRIVER_BITS & (uint8_t)~device->status;

	if (!(uint8_t)value) {
		reset(device);
		return;
	}
	if (added & VIRTIO_CONFIG_S_FEATURES_OK && !features_are_valid(device))
		added &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!((device->status | added) & VIRTIO_CONFIG_S_FEATURES_OK))
		added &= (uint8_t)~VIRTIO_CONFIG_S_DRIVER_OK;
	atomic_fetch_or(&device->status, added);
	if (added & VIRTIO_CONFIG_S_DRIVER_OK && start(device, NULL) < 0)
		virtio_device_failed(device);
}

/* the common configuration (4.1.4.3) -------------------------------------------------------------- */

/* Frozen from DRIVER_OK on. */
static bool is_frozen(const struct virtio_device *device)
{
	return device->status & VIRTIO_CONFIG_S_DRIVER_OK || device->resetting;
}

static struct virtqueue *selected(struct virtio_device *device)
{
	return device->queue_select < device->queue_count ? &device->queue[device->queue_select] : NULL;
}

/* That may be set up: it is there and neither enabled nor frozen. */
static struct virtqueue *selected_open(struct virtio_device *device)
{
	struct virtqueue *queue = selected(device);

	return queue && !queue->enabled && !is_frozen(device) ? queue : NULL;
}

static uint32_t half(uint64_t value, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(value >> 32 * select);
}

static uint32_t read_features(struct virtio_device *device)
{
	return half(device->offered, device->feature_select);
}

static uint32_t read_driver_features(struct virtio_device *device)
{
	return half(device->features, device->driver_feature_select);
}

static void write_driver_features(struct virtio_device *device, uint32_t value)
{
	unsigned int shift = 32 * device->driver_feature_select;

	if (device->driver_feature_select > 1 || device->status & VIRTIO_CONFIG_S_FEATURES_OK || is_frozen(device))
		return;
	device->features = (device->features & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static uint32_t read_feature_select(struct virtio_device *device)
{
	return device->feature_select;
}

static void write_feature_select(struct virtio_device *device, uint32_t value)
{
	device->feature_select = value;
}

static uint32_t read_driver_feature_select(struct virtio_device *device)
{
	return device->driver_feature_select;
}

static void write_driver_feature_select(struct virtio_device *device, uint32_t value)
{
	device->driver_feature_select = value;
}

/* One that there is not reads back as none (4.1.5.1.2.1). */
static uint16_t vector_of(const struct virtio_device *device, uint32_t value)
{
	return value < device->msix.count ? (uint16_t)value : VIRTQ_NO_VECTOR;
}

static uint32_t read_config_vector(struct virtio_device *device)
{
	return device->config_vector;
}

static void write_config_vector(struct virtio_device *device, uint32_t value)
{
	if (!is_frozen(device))
		device->config_vector = vector_of(device, value);
}

static uint32_t read_queue_count(struct virtio_device *device)
{
	return device->queue_count;
}

static uint32_t read_status(struct virtio_device *device)
{
	return device->status;
}

static void write_status_register(struct virtio_device *device, uint32_t value)
{
	write_status(device, value);
}

/* The configuration does not change by itself. */
static uint32_t read_generation(struct virtio_device *device)
{
	(void)device;
	return 0;
}

static uint32_t read_queue_select(struct virtio_device *device)
{
	return device->queue_select;
}

static void write_queue_select(struct virtio_device *device, uint32_t value)
{
	device->queue_select = (uint16_t)value;
}

static uint32_t read_queue_size(struct virtio_device *device)
{
	const struct virtqueue *queue = selected(device);

	return queue ? queue->size : 0;
}

static void write_queue_size(struct virtio_device *device, uint32_t value)
{
	struct virtqueue *queue = selected_open(device);

	if (queue && value && value <= queue->size_max && !(value & (value - 1)))
		queue->size = (uint16_t)value;
}

static uint32_t read_queue_vector(struct virtio_device *device)
{
	const struct virtqueue *queue = selected(device);

	return queue ? queue->vector : VIRTQ_NO_VECTOR;
}

static void write_queue_vector(struct virtio_device *device, uint32_t value)
{
	struct virtqueue *queue = selected(device);

	if (queue && !is_frozen(device))
		queue->vector = vector_of(device, value);
}

static uint32_t read_queue_enable(struct virtio_device *device)
{
	const struct virtqueue *queue = selected(device);

	return queue && queue->enabled;
}

static void write_queue_enable(struct virtio_device *device, uint32_t value)
{
	struct virtqueue *queue = selected_open(device);

	if (queue && value == 1)
		queue->enabled = true;
}

static uint32_t read_notify_off(struct virtio_device *device)
{
	return device->queue_select;
}

static uint64_t *ring_address(struct virtqueue *queue, unsigned int which)
{
	return which == 0 ? &queue->desc_at : which == 1 ? &queue->driver_at : &queue->device_at;
}

/* desc, driver and device, each as two words. */
static uint32_t read_ring(struct virtio_device *device, unsigned int word)
{
	struct virtqueue *queue = selected(device);

	return queue ? half(*ring_address(queue, word / 2), word % 2) : 0;
}

static void write_ring(struct virtio_device *device, unsigned int word, uint32_t value)
{
	struct virtqueue *queue = selected_open(device);
	unsigned int shift = 32 * (word % 2);
	uint64_t *address;

	if (!queue)
		return;
	address = ring_address(queue, word / 2);
	*address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static const struct common_register {
	uint8_t offset, size;
	uint32_t (*read)(struct virtio_device *device);
	void (*write)(struct virtio_device *device, uint32_t value); /* NULL: read-only */
} common_registers[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, read_feature_select, write_feature_select },
	{ VIRTIO_PCI_COMMON_DF, 4, read_features, NULL },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, read_driver_feature_select, write_driver_feature_select },
	{ VIRTIO_PCI_COMMON_GF, 4, read_driver_features, write_driver_features },
	{ VIRTIO_PCI_COMMON_MSIX, 2, read_config_vector, write_config_vector },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, read_queue_count, NULL },
	{ VIRTIO_PCI_COMMON_STATUS, 1, read_status, write_status_register },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, 1, read_generation, NULL },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, read_queue_select, write_queue_select },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, read_queue_size, write_queue_size },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, read_queue_vector, write_queue_vector },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, read_queue_enable, write_queue_enable },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, read_notify_off, NULL },
};

static const struct common_register *find_register(uint64_t offset, unsigned int size)
{
	for (size_t i = 0; i < array_size(common_registers); i++)
		if (common_registers[i].offset == offset && common_registers[i].size == size)
			return &common_registers[i];
	return NULL;
}

static bool is_ring(uint64_t offset, unsigned int size)
{
	return size == 4 && offset % 4 == 0 && offset >= VIRTIO_PCI_COMMON_Q_DESCLO && offset < VIRTIO_COMMON_SIZE;
}

uint32_t virtio_common_read(struct virtio_device *device, uint64_t offset, unsigned int size)
{
	const struct common_register *reg = find_register(offset, size);

	if (is_ring(offset, size))
		return read_ring(device, (unsigned int)(offset - VIRTIO_PCI_COMMON_Q_DESCLO) / 4);
	return reg ? reg->read(device) : 0;
}

void virtio_common_write(struct virtio_device *device, uint64_t offset, unsigned int size, uint32_t value)
{
	const struct common_register *reg = find_register(offset, size);

	if (is_ring(offset, size))
		write_ring(device, (unsigned int)(offset - VIRTIO_PCI_COMMON_Q_DESCLO) / 4, value);
	else if (reg && reg->write)
		reg->write(device, value);
}
