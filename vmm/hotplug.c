// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that come and go; see hotplug.h. Everything but on_switched_off() runs on the loop's thread. */
#include "vmm/hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "vmm-core/pci/hotplug.h"

_Static_assert((int)PCI_PORT_MAX <= 32, "a bit for each port");

static uint32_t bit_of(unsigned int port)
{
	return UINT32_C(1) << port;
}

/* When it cannot be sent sluice is gone, which the loop notices by itself. */
static void tell(const struct hotplug *hotplug, uint32_t type, const char *name, const struct pci_function *fn,
	const struct error *why)
{
	struct launch_message message = { .type = type };

	text_copy(message.hotplug.address, sizeof(message.hotplug.address), name);
	if (fn)
		snprintf(message.hotplug.in_guest, sizeof(message.hotplug.in_guest), "%02x:%02x.%x", fn->bus,
			fn->device, fn->function);
	if (why)
		message.hotplug.error = *why;
	launch_send(hotplug->socket, &message, NULL);
}

/* By a vCPU's thread: closing a device takes long, and needs the loop. */
static void on_switched_off(void *opaque, unsigned int port)
{
	struct hotplug *hotplug = opaque;

	hotplug->switched_off |= bit_of(port);
	eventfd_write(hotplug->switched_fd, 1);
}

static void unplug(struct hotplug *hotplug, unsigned int port)
{
	char names[LAUNCH_FUNCTION_MAX][16];
	size_t count = assigned_unplug(hotplug->assigned, hotplug->vm, port, names);

	hotplug->asked &= ~bit_of(port);
	hotplug->wanted &= ~bit_of(port);
	for (size_t i = 0; i < count; i++)
		tell(hotplug, LAUNCH_UNPLUGGED, names[i], NULL, NULL);
}

static void on_switched(void *opaque, int fd, uint32_t events)
{
	struct hotplug *hotplug = opaque;
	uint32_t ports;
	eventfd_t count;

	(void)events;
	eventfd_read(fd, &count);
	ports = atomic_exchange(&hotplug->switched_off, 0) & hotplug->asked;
	for (unsigned int port = 0; port < PCI_PORT_MAX; port++)
		if (ports & bit_of(port))
			unplug(hotplug, port);
}

/* The kernel says it again and again; sluice is told once, and then asks the guest. */
static void on_wanted(void *opaque, const struct pci_function *fn, const struct error *why)
{
	struct hotplug *hotplug = opaque;
	unsigned int port = fn->bus - 1u;

	if (hotplug->wanted & bit_of(port))
		return;
	hotplug->wanted |= bit_of(port);
	tell(hotplug, LAUNCH_WANTED, fn->name, fn, why);
}

/*
 * A port's link that is down is told to the guest by its hot plug driver, which takes the card out; and finds it again,
 * reset, when it switches the slot's power on. A device that is pulled is closed later: it is who calls here.
 */
static void on_failed(void *opaque, const struct pci_function *fn, enum on_error on_error, const struct error *why)
{
	struct hotplug *hotplug = opaque;
	unsigned int port = fn->bus - 1u;

	fprintf(stderr, "sluice-vmm: %s, so it is %s (%s)\n", why->msg,
		on_error == ON_ERROR_UNPLUG ? "pulled from the guest" : "unplugged and plugged in again", why->hint);
	if (on_error == ON_ERROR_UNPLUG) {
		hotplug->asked |= bit_of(port);
		on_switched_off(hotplug, port);
		return;
	}
	pthread_mutex_lock(&hotplug->vm->lock);
	pci_bus_fail(&hotplug->vm->pci, port);
	pthread_mutex_unlock(&hotplug->vm->lock);
}

int hotplug_init(struct hotplug *hotplug, struct vm *vm, struct assigned *assigned, int socket, struct error *err)
{
	int ret;

	*hotplug = (struct hotplug){ .vm = vm, .assigned = assigned, .socket = socket };
	hotplug->switched_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (hotplug->switched_fd < 0)
		return fail(err, errno, "create an eventfd");
	ret = loop_add(&vm->loop, hotplug->switched_fd, EPOLLIN, on_switched, hotplug, err);
	if (ret < 0) {
		close_fd(&hotplug->switched_fd);
		return ret;
	}
	vm->pci.switched_off = on_switched_off;
	vm->pci.switched_opaque = hotplug;
	assigned->watcher = (struct vfio_pci_watcher){ hotplug, on_wanted, on_failed };
	return 0;
}

void hotplug_done(struct hotplug *hotplug)
{
	if (!hotplug->vm)
		return;
	hotplug->vm->pci.switched_off = NULL;
	loop_remove(&hotplug->vm->loop, hotplug->switched_fd);
	close_fd(&hotplug->switched_fd);
	hotplug->vm = NULL;
}

static int plug(struct hotplug *hotplug, struct launch_message *message, struct error *err)
{
	const struct pci_function *fn = NULL;
	struct error why = { 0 };
	bool more;

	/* The sandbox of such a guest has no place for it. */
	if (!(hotplug->vm->config->flags & LAUNCH_HOTPLUG))
		return fail_code(err, CODE_FAILED, EPROTO, "a device came to a guest that was not to get any");
	more = message->device.flags & LAUNCH_MORE;
	if (hotplug->skipping) {
		hotplug->skipping = more;
		return 0;
	}
	if (assigned_plug(hotplug->assigned, hotplug->vm, message, &fn, &why) < 0) {
		hotplug->skipping = more;
		tell(hotplug, LAUNCH_PLUGGED, message->device.address, NULL, &why);
	} else if (fn) {
		tell(hotplug, LAUNCH_PLUGGED, message->device.address, fn, NULL);
	}
	return 0;
}

/* Asked once: a guest takes the button pressed twice for a change of mind. */
static void ask(struct hotplug *hotplug, unsigned int port)
{
	if (hotplug->asked & bit_of(port))
		return;
	hotplug->asked |= bit_of(port);
	pthread_mutex_lock(&hotplug->vm->lock);
	pci_bus_ask_unplug(&hotplug->vm->pci, port);
	pthread_mutex_unlock(&hotplug->vm->lock);
}

/* One that is gone by now has been told of already. */
static int start_unplug(struct hotplug *hotplug, struct launch_message *message, struct error *err)
{
	const struct pci_function *fn = assigned_find(hotplug->assigned, message->hotplug.address);
	unsigned int port;

	(void)err;
	if (!fn)
		return 0;
	port = fn->bus - 1u;
	if (message->hotplug.flags & LAUNCH_PULL || !hotplug->vm->pci.slot[port].on)
		unplug(hotplug, port);
	else
		ask(hotplug, port);
	return 0;
}

static int take_space(struct hotplug *hotplug, struct launch_message *message, struct error *err)
{
	return assigned_init(hotplug->assigned, message, err);
}

int hotplug_message(struct hotplug *hotplug, struct launch_message *message, struct error *err)
{
	static const struct {
		uint32_t type;
		int (*handle)(struct hotplug *hotplug, struct launch_message *message, struct error *err);
	} handlers[] = {
		{ LAUNCH_DMA, take_space },
		{ LAUNCH_DEVICE, plug },
		{ LAUNCH_UNPLUG, start_unplug },
	};

	for (size_t i = 0; i < array_size(handlers); i++)
		if (message->type == handlers[i].type)
			return handlers[i].handle(hotplug, message, err);
	return fail_code(err, CODE_FAILED, EPROTO, "sluice sent launch message %u to a guest that runs", message->type);
}
