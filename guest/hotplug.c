// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices of a running guest that come and go; see hotplug.h. */
#include "guest/hotplug.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "assign/assign.h"
#include "assign/pick.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/handover.h"
#include "guest/slots.h"

enum {
	PLUG_MS = 60000,   /* sluice-vmm pins the guest's memory for its first device */
	PULL_MS = 30000,   /* it closes the device: the kernel resets it */
	WANTED_MS = 30000, /* as the default of `detach` */
	SPEAK_MS = 2000,   /* whoever has connected says what it wants */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int hotplug_open(struct guest_hotplug *hotplug, struct guest_run *run, struct error *err)
{
	*hotplug = (struct guest_hotplug){ .run = run, .listen_fd = -1, .client_fd = -1 };
	return guest_dir_listen(&run->dir, "supervisor", SOCK_SEQPACKET, &hotplug->listen_fd, err);
}

void hotplug_close(struct guest_hotplug *hotplug)
{
	if (!hotplug->run)
		return;
	close_fd(&hotplug->client_fd);
	close_fd(&hotplug->listen_fd);
}

static void enter(struct guest_hotplug *hotplug, enum hotplug_state state, int64_t patience_ms)
{
	hotplug->state = state;
	hotplug->deadline_ms = state == HOTPLUG_IDLE ? 0 : now_ms() + patience_ms;
}

/* The request in hand is done; whoever waits for it is told. */
static void finish(struct guest_hotplug *hotplug, const struct error *why)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (why)
		hotplug->answer.error = *why;
	if (!hotplug->answer.device_count)
		text_copy(hotplug->answer.device[0].address, sizeof(hotplug->answer.device[0].address),
			pci_addr_text(hotplug->addr, name));
	hotplug->answer.device_count += !hotplug->answer.device_count;
	if (hotplug->client_fd >= 0)
		send(hotplug->client_fd, &hotplug->answer, sizeof(hotplug->answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	close_fd(&hotplug->client_fd);
	enter(hotplug, HOTPLUG_IDLE, 0);
}

/* The guest's devices, as guest.json and the specification have them. */
/* What was accepted of a device by its name is in these lists while the guest has it. */
static void note_accepted(struct pci_addr *list, size_t *count, struct pci_addr addr, bool is_accepted)
{
	if (is_accepted && *count < GUEST_DEVICE_MAX)
		list[(*count)++] = addr;
}

static void note_given_back(struct pci_addr *list, size_t *count, struct pci_addr addr)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (pci_addr_compare(list[i], addr))
			list[kept++] = list[i];
	*count = kept;
}

static void add_device(struct guest_run *run, const struct guest_spec *coming, size_t at)
{
	struct guest_spec *spec = &run->own_spec;
	struct pci_addr addr = coming->device[at];

	note_accepted(spec->no_reset_ok, &spec->no_reset_ok_count, addr, guest_accepts_no_reset(coming, addr));
	note_accepted(spec->unclean_ok, &spec->unclean_ok_count, addr, guest_accepts_unclean(coming, addr));
	note_accepted(spec->bypass_ok, &spec->bypass_ok_count, addr, guest_accepts_bypass(coming, addr));
	spec->device_name[spec->device_count] = NULL;
	spec->rom_file[spec->device_count] = NULL;
	spec->rom_off[spec->device_count] = false;
	spec->on_error[spec->device_count] = coming->on_error[at];
	spec->vf[spec->device_count] = NULL;
	spec->device_fd[spec->device_count] = 0;
	spec->device[spec->device_count++] = addr;
	run->info.device[run->info.device_count++] = addr;
	run->taken = true;
}

static size_t find_device(const struct guest_run *run, struct pci_addr addr)
{
	size_t i = 0;

	while (i < run->own_spec.device_count && pci_addr_compare(run->own_spec.device[i], addr))
		i++;
	return i;
}

static void remove_device(struct guest_run *run, struct pci_addr addr)
{
	struct guest_spec *spec = &run->own_spec;
	size_t at = find_device(run, addr), last = spec->device_count - 1;

	if (at == spec->device_count)
		return;
	note_given_back(spec->no_reset_ok, &spec->no_reset_ok_count, addr);
	note_given_back(spec->unclean_ok, &spec->unclean_ok_count, addr);
	note_given_back(spec->bypass_ok, &spec->bypass_ok_count, addr);
	spec->device_name[at] = spec->device_name[last];
	spec->device[at] = spec->device[last];
	spec->rom_file[at] = spec->rom_file[last];
	spec->rom_off[at] = spec->rom_off[last];
	spec->on_error[at] = spec->on_error[last];
	spec->vf[at] = spec->vf[last];
	spec->device_fd[at] = spec->device_fd[last];
	spec->device_count--;
	memcpy(run->info.device, spec->device, sizeof(run->info.device));
	run->info.device_count = spec->device_count;
}

/* sluice-vmm has closed them, or never had them: back to the drivers they had. */
static int give_back(struct guest_run *run, const struct pci_addr *addrs, size_t count, struct error *err)
{
	const struct lease_owner owner = { run->dir.name, run->dir.generation };
	cleanup_change struct change *change = NULL;
	int ret;

	for (size_t i = 0; i < count; i++)
		remove_device(run, addrs[i]);
	if (run->own_spec.device_count)
		vfio_host_keep_space(&run->vfio);
	else
		vfio_host_done(&run->vfio);
	ret = change_begin(&run->host->root, &change, err);
	if (ret >= 0)
		ret = assign_end_own(change, &owner, addrs, count, err);
	if (ret >= 0)
		ret = guest_dir_write(&run->dir, &run->info, err);
	return ret;
}

/* A failed undo is what the operator has to know, and what led to it. */
static void undo(const struct guest_hotplug *hotplug, struct error *why)
{
	struct error failed = { 0 };

	if (give_back(hotplug->run, hotplug->coming, hotplug->coming_count, &failed) >= 0)
		return;
	fail_in(&failed, "%s; then, undoing it", why->msg);
	*why = failed;
	why->code = CODE_HALF_DONE;
}

/* The guest's wish for these devices: what is checked and taken. */
static struct guest_spec spec_of(const struct guest_hotplug *hotplug, const struct attach_request *request)
{
	struct guest_spec spec = hotplug->run->own_spec;
	size_t count = hotplug->coming_count;

	spec.device_count = count;
	spec.no_reset_ok_count = request->accepted.no_reset ? count : 0;
	spec.unclean_ok_count = request->accepted.unclean ? count : 0;
	spec.bypass_ok_count = request->accepted.bypass ? count : 0;
	for (size_t i = 0; i < count; i++) {
		spec.device[i] = spec.no_reset_ok[i] = spec.unclean_ok[i] = spec.bypass_ok[i] = hotplug->coming[i];
		spec.on_error[i] = (enum on_error)request->device[i].on_error;
		spec.vf[i] = request->device[i].has_vf ? &request->device[i].vf : NULL;
		spec.device_fd[i] = 0;
	}
	return spec;
}

/* They come as one card; which function of it each is, as at a guest's start. */
static int check_card(struct guest_hotplug *hotplug, const struct host *host, struct error *err)
{
	struct guest_slot slots[LIMIT_DEVICES];
	char one[PCI_ADDR_TEXT_SIZE], other[PCI_ADDR_TEXT_SIZE];

	if (guest_slots(&host->pci, hotplug->coming, hotplug->coming_count, slots) > 1) {
		size_t i = 0;

		while (slots[i].port == slots[0].port)
			i++;
		fail_code(err, CODE_USAGE, EINVAL, "%s and %s are no functions of one device, nor in one IOMMU group",
			pci_addr_text(hotplug->coming[0], one), pci_addr_text(hotplug->coming[i], other));
		return fail_hint(err, "give them one by one: 'sluice attach %s %s', then %s", hotplug->run->dir.name,
			one, other);
	}
	for (size_t i = 0; i < hotplug->coming_count; i++)
		hotplug->function[i] = slots[i].function;
	return 0;
}

static int check_slots(const struct guest_run *run, struct error *err)
{
	if (run->own_spec.free_ports)
		return 0;
	fail_code(err, CODE_USAGE, ENOSPC, "it was started without slots for devices that come later");
	return fail_hint(err, "'sluice run --hotplug N' keeps N slots free");
}

static int check(
	const struct guest_run *run, const struct change *change, const struct guest_spec *spec, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	int ret = check_slots(run, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < spec->device_count; i++) {
		if (find_device(run, spec->device[i]) == run->own_spec.device_count)
			continue;
		fail_code(err, CODE_USAGE, EEXIST, "it has %s already", pci_addr_text(spec->device[i], name));
		return fail_hint(err, "'sluice guest %s' lists its devices", run->dir.name);
	}
	if (run->own_spec.device_count + spec->device_count > GUEST_DEVICE_MAX) {
		fail_code(err, CODE_USAGE, E2BIG, "a guest can have %d devices", GUEST_DEVICE_MAX);
		return fail_hint(err, "'sluice detach %s DEVICE' takes one back", run->dir.name);
	}
	return guest_check_devices(change_host(change), spec, !run->own_spec.device_count, err);
}

static int take_in(struct guest_hotplug *hotplug, struct change *change, const struct guest_spec *spec, bool *ret_taken,
	struct error *err)
{
	struct guest_run *run = hotplug->run;
	const struct assign_wish wish = {
		.addr = spec->device,
		.count = spec->device_count,
		.driver = "vfio-pci",
		.guest = run->dir.name,
		.generation = run->dir.generation,
		.unclean_ok = spec->unclean_ok,
		.unclean_ok_count = spec->unclean_ok_count,
		.vf = spec->vf,
		.uid = -1,
	};
	int ret = check(run, change, spec, err);

	if (ret == 0)
		ret = check_card(hotplug, change_host(change), err);
	if (ret < 0)
		return ret;
	ret = assign_take_all(change, &wish, err);
	if (ret < 0)
		return ret;
	*ret_taken = true;
	for (size_t i = 0; i < spec->device_count; i++)
		add_device(run, spec, i);
	return guest_dir_write(&run->dir, &run->info, err);
}

/* Which devices are meant; those of one IOMMU group stand together. */
static int select_coming(
	struct guest_hotplug *hotplug, const struct host *host, struct attach_request *request, struct error *err)
{
	const struct pci_device *device[LAUNCH_FUNCTION_MAX];
	typeof(request->device[0]) said;

	hotplug->coming_count = 0;
	for (size_t i = 0; i < request->device_count; i++) {
		const struct pci_device *found;
		size_t at = hotplug->coming_count;
		int ret =
			device_pick(host, request->device[i].name, hotplug->coming, hotplug->coming_count, &found, err);

		if (ret < 0)
			return ret;
		said = request->device[i];
		for (; at > 0 && device[at - 1]->iommu_group > found->iommu_group; at--) {
			device[at] = device[at - 1];
			hotplug->coming[at] = hotplug->coming[at - 1];
			request->device[at] = request->device[at - 1];
		}
		device[at] = found;
		hotplug->coming[at] = found->addr;
		request->device[at] = said;
		hotplug->coming_count++;
	}
	hotplug->addr = hotplug->coming[0];
	return 0;
}

/*
 * All that is shared with other sluices, in one change. *ret_taken: there is something to undo. *ret_host is the host
 * with the devices, for the caller to close.
 */
static int take(struct guest_hotplug *hotplug, struct attach_request *request, struct host *ret_host, bool *ret_taken,
	struct error *err)
{
	cleanup_change struct change *change = NULL;
	struct guest_spec spec;
	int ret = change_begin(&hotplug->run->host->root, &change, err);

	if (ret < 0)
		return ret;
	ret = select_coming(hotplug, change_host(change), request, err);
	if (ret < 0)
		return ret;
	spec = spec_of(hotplug, request);
	ret = take_in(hotplug, change, &spec, ret_taken, err);
	change_end(take_ptr(change), ret_host);
	return ret;
}

static void give(struct guest_hotplug *hotplug, struct attach_request *request)
{
	struct guest_run *run = hotplug->run;
	struct late_card card = {
		.addr = hotplug->coming,
		.function = hotplug->function,
		.no_reset_ok = request->accepted.no_reset,
		.unclean_ok = request->accepted.unclean,
		.bypass_ok = request->accepted.bypass,
	};
	struct error why = { 0 };
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	bool taken = false;
	int ret = take(hotplug, request, &host, &taken, &why);

	card.host = &host;
	card.count = hotplug->coming_count;
	for (size_t i = 0; i < card.count; i++)
		card.on_error[i] = request->device[i].on_error;
	if (ret == 0)
		ret = launch_hand_over_late(run, &card, &why);
	if (ret == 0) {
		vfio_host_keep_space(&run->vfio);
		enter(hotplug, HOTPLUG_COMING, PLUG_MS);
		return;
	}
	if (taken)
		undo(hotplug, &why);
	finish(hotplug, &why);
}

static int send_unplug(const struct guest_hotplug *hotplug, bool pull, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_UNPLUG };
	char name[PCI_ADDR_TEXT_SIZE];

	message.hotplug.flags = pull ? LAUNCH_PULL : 0;
	text_copy(message.hotplug.address, sizeof(message.hotplug.address), pci_addr_text(hotplug->addr, name));
	return launch_send(hotplug->run->socket, &message, err);
}

static void start_leaving(struct guest_hotplug *hotplug, bool pull, int64_t patience_ms)
{
	struct error why = { 0 };

	if (send_unplug(hotplug, pull, &why) < 0)
		finish(hotplug, &why);
	else
		enter(hotplug, pull ? HOTPLUG_PULLED : HOTPLUG_ASKED, pull ? PULL_MS : patience_ms);
	hotplug->answer.pulled = pull;
}

/* Which of the guest's devices is meant: by the host's inventory of now. */
static int select_own(struct guest_hotplug *hotplug, const char *text, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	const struct pci_device *device;
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = 0;

	/* One that is gone from the host can only be named by its address. */
	if (pci_addr_parse(text, &hotplug->addr) < 0) {
		ret = host_open_at(&host, &hotplug->run->host->root, 0, err);
		if (ret == 0)
			ret = pci_select(&host.root, &host.pci, text, &device, err);
		if (ret < 0)
			return ret;
		hotplug->addr = device->addr;
	}
	if (find_device(hotplug->run, hotplug->addr) < hotplug->run->own_spec.device_count)
		return 0;
	fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "it does not have %s", pci_addr_text(hotplug->addr, name));
	return fail_hint(err, "'sluice guest %s' lists its devices", hotplug->run->dir.name);
}

static void take_back(struct guest_hotplug *hotplug, const struct attach_request *request)
{
	struct error why = { 0 };

	if (select_own(hotplug, request->device[0].name, &why) < 0)
		finish(hotplug, &why);
	else
		start_leaving(hotplug, request->pull, request->timeout_ms);
}

/* Its slot is free as soon as it is gone. */
static void could_return(struct guest_hotplug *hotplug, const struct attach_request *request)
{
	const struct guest_spec *spec = &hotplug->run->own_spec;
	struct error why = { 0 };

	if (select_own(hotplug, request->device[0].name, &why) < 0 || check_slots(hotplug->run, &why) < 0) {
		finish(hotplug, &why);
		return;
	}
	hotplug->answer.device[0].on_error = spec->on_error[find_device(hotplug->run, hotplug->addr)];
	hotplug->answer.accepted = (struct attach_accepted){
		.no_reset = guest_accepts_no_reset(spec, hotplug->addr),
		.unclean = guest_accepts_unclean(spec, hotplug->addr),
		.bypass = guest_accepts_bypass(spec, hotplug->addr),
	};
	finish(hotplug, NULL);
}

static void refuse(struct guest_hotplug *hotplug, const char *what)
{
	struct error why = { 0 };

	fail_code(&why, CODE_FAILED, EPROTO, "%s", what);
	finish(hotplug, &why);
}

/* In the ranges that attach.h gives. */
static bool is_request(const struct attach_request *request, ssize_t size)
{
	if (size != sizeof(*request) || request->version != LAUNCH_VERSION || request->device_count < 1 ||
		request->device_count > LAUNCH_FUNCTION_MAX)
		return false;
	for (size_t i = 0; i < request->device_count; i++)
		if (!memchr(request->device[i].name, '\0', sizeof(request->device[i].name)) ||
			request->device[i].on_error >= ON_ERROR_COUNT)
			return false;
	return true;
}

static void serve(struct guest_hotplug *hotplug)
{
	struct attach_request request;
	ssize_t got = recv(hotplug->client_fd, &request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);

	hotplug->answer = (struct attach_answer){ 0 };
	hotplug->addr = (struct pci_addr){ 0 };
	if (got <= 0) {
		close_fd(&hotplug->client_fd);
		enter(hotplug, HOTPLUG_IDLE, 0);
		return;
	}
	if (!is_request(&request, got))
		refuse(hotplug, "it was started by another version of sluice");
	else if (request.op == ATTACH_GIVE)
		give(hotplug, &request);
	else if (request.op == ATTACH_TAKE_BACK)
		take_back(hotplug, &request);
	else if (request.op == ATTACH_COULD_RETURN)
		could_return(hotplug, &request);
	else
		refuse(hotplug, "unknown request");
}

/* Those that the host has asked for in the meantime. */
static void next_wanted(struct guest_hotplug *hotplug)
{
	while (hotplug->state == HOTPLUG_IDLE && hotplug->client_fd < 0 && hotplug->wanted_count > 0) {
		hotplug->addr = hotplug->wanted[--hotplug->wanted_count];
		hotplug->answer = (struct attach_answer){ 0 };
		if (find_device(hotplug->run, hotplug->addr) < hotplug->run->own_spec.device_count)
			start_leaving(hotplug, false, WANTED_MS);
	}
}

/* While something is in hand, nobody else is listened to. */
void hotplug_poll(const struct guest_hotplug *hotplug, struct pollfd ret_polled[static HOTPLUG_POLL_COUNT])
{
	bool idle = hotplug->run && hotplug->state == HOTPLUG_IDLE;

	ret_polled[0] = (struct pollfd){ .fd = idle && hotplug->client_fd < 0 ? hotplug->listen_fd : -1 };
	ret_polled[1] = (struct pollfd){ .fd = idle ? hotplug->client_fd : -1 };
	ret_polled[0].events = ret_polled[1].events = POLLIN;
}

void hotplug_ready(struct guest_hotplug *hotplug, const struct pollfd polled[static HOTPLUG_POLL_COUNT])
{
	if (polled[0].fd >= 0 && polled[0].revents) {
		hotplug->client_fd = accept4(hotplug->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		hotplug->deadline_ms = hotplug->client_fd < 0 ? 0 : now_ms() + SPEAK_MS;
	}
	if (polled[1].fd >= 0 && polled[1].revents)
		serve(hotplug);
	next_wanted(hotplug);
}

int64_t hotplug_deadline_ms(const struct guest_hotplug *hotplug)
{
	return hotplug->run ? hotplug->deadline_ms : 0;
}

void hotplug_expired(struct guest_hotplug *hotplug)
{
	struct error why = { 0 };

	if (hotplug->state == HOTPLUG_ASKED) {
		start_leaving(hotplug, true, 0);
		return;
	}
	/* A client that says nothing must not keep the host waiting for its device. */
	if (hotplug->state == HOTPLUG_IDLE) {
		close_fd(&hotplug->client_fd);
		enter(hotplug, HOTPLUG_IDLE, 0);
		next_wanted(hotplug);
		return;
	}
	fail_code(&why, CODE_GUEST_DEAF, ETIMEDOUT, "sluice-vmm does not answer");
	fail_hint(&why, "'sluice stop --force %s' ends the guest and gives its devices back", hotplug->run->dir.name);
	finish(hotplug, &why);
	next_wanted(hotplug);
}

/* sluice-vmm says where it has put one of them; they share a slot. */
static void on_plugged(struct guest_hotplug *hotplug)
{
	struct error why = hotplug->run->hotplug.error;
	unsigned int bus = 0, device = 0;

	if (why.errnum) {
		undo(hotplug, &why);
		finish(hotplug, &why);
		return;
	}
	sscanf(hotplug->run->hotplug.in_guest, "%2x:%2x", &bus, &device);
	for (size_t i = 0; i < hotplug->coming_count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];

		text_copy(hotplug->answer.device[i].address, sizeof(hotplug->answer.device[i].address),
			pci_addr_text(hotplug->coming[i], name));
		snprintf(hotplug->answer.device[i].in_guest, sizeof(hotplug->answer.device[i].in_guest), "%02x:%02x.%x",
			bus & 0xff, device & 0x1f, hotplug->function[i] & 7);
	}
	hotplug->answer.device_count = (uint32_t)hotplug->coming_count;
	finish(hotplug, NULL);
}

static void on_unplugged(struct guest_hotplug *hotplug, struct pci_addr addr)
{
	struct error why = { 0 };
	int ret = give_back(hotplug->run, &addr, 1, &why);
	bool leaving = hotplug->state == HOTPLUG_ASKED || hotplug->state == HOTPLUG_PULLED;

	/* The other functions of its slot come along. */
	if (leaving && !pci_addr_compare(addr, hotplug->addr))
		finish(hotplug, ret < 0 ? &why : NULL);
}

static bool is_coming(const struct guest_hotplug *hotplug, struct pci_addr addr)
{
	for (size_t i = 0; i < hotplug->coming_count && hotplug->state == HOTPLUG_COMING; i++)
		if (!pci_addr_compare(hotplug->coming[i], addr))
			return true;
	return false;
}

void hotplug_event(struct guest_hotplug *hotplug, enum guest_event event)
{
	struct pci_addr addr;
	bool known = pci_addr_parse(hotplug->run->hotplug.address, &addr) == 0 &&
		     find_device(hotplug->run, addr) < hotplug->run->own_spec.device_count;

	/* What sluice-vmm says of a device that its guest does not have is not believed. */
	if (known && event == GUEST_EVENT_PLUGGED && is_coming(hotplug, addr))
		on_plugged(hotplug);
	else if (known && event == GUEST_EVENT_UNPLUGGED)
		on_unplugged(hotplug, addr);
	else if (known && event == GUEST_EVENT_WANTED && hotplug->wanted_count < GUEST_DEVICE_MAX)
		hotplug->wanted[hotplug->wanted_count++] = addr;
	next_wanted(hotplug);
}
