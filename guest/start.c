// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starting and ending a guest; see start.h. Of all that the guest's process is handed (handover.h) this
 * side keeps the socket alone.
 */
#include "guest/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "assign/assign.h"
#include "assign/pick.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/dma_limits.h"
#include "guest/end.h"
#include "guest/force.h"
#include "guest/guest_user.h"
#include "guest/handover.h"
#include "guest/vmm_process.h"

enum {
	END_TIMEOUT_MS = 10000,
	SEND_TIMEOUT_S = 60,
};

/* taken: devices that were picked before. */
static int select_device(const struct host *host, const char *name, const struct pci_addr *taken, size_t taken_count,
	struct pci_addr *ret_addr, struct error *err)
{
	const struct pci_device *device;
	int ret = name ? device_pick(host, name, taken, taken_count, &device, err) : 0;

	if (ret >= 0 && name)
		*ret_addr = device->addr;
	return ret;
}

static int select_list(
	const struct host *host, const char *const *names, size_t count, struct pci_addr *ret_addrs, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int ret = select_device(host, names[i], ret_addrs, i, &ret_addrs[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* What was accepted of a device whatever it is called: one of a pool is known only now. */
static void accept_by_index(struct guest_spec *spec)
{
	for (size_t i = 0; i < spec->device_count; i++) {
		if (spec->device_no_reset_ok[i] && spec->no_reset_ok_count < GUEST_DEVICE_MAX)
			spec->no_reset_ok[spec->no_reset_ok_count++] = spec->device[i];
		if (spec->device_unclean_ok[i] && spec->unclean_ok_count < GUEST_DEVICE_MAX)
			spec->unclean_ok[spec->unclean_ok_count++] = spec->device[i];
	}
}

/*
 * Names are understood inside the lock: what eth0/0 meant before another sluice let go of it may be another device now.
 */
static int select_devices(const struct host *host, struct guest_spec *spec, struct error *err)
{
	int ret = select_list(host, spec->device_name, spec->device_count, spec->device, err);

	if (ret < 0)
		return ret;
	ret = select_list(host, spec->no_reset_name, spec->no_reset_ok_count, spec->no_reset_ok, err);
	if (ret < 0)
		return ret;
	ret = select_list(host, spec->unclean_name, spec->unclean_ok_count, spec->unclean_ok, err);
	if (ret < 0)
		return ret;
	accept_by_index(spec);
	return select_list(host, spec->bypass_name, spec->bypass_ok_count, spec->bypass_ok, err);
}

static bool is_wanted(const struct guest_spec *spec, struct pci_addr addr)
{
	for (size_t i = 0; i < spec->device_count; i++)
		if (!pci_addr_compare(spec->device[i], addr))
			return true;
	return false;
}

/* Leases that a dead guest of the same name left on devices that this one does not take. */
static void end_stale_leases(struct guest_run *run, const struct change *change)
{
	cleanup_free struct lease *leases = NULL;
	size_t count = 0;
	struct error ignored = { 0 };

	if (guest_is_unprivileged(change_host(change)) ||
		lease_list(&change_host(change)->root, &leases, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (!is_wanted(run->spec, leases[i].addr) && !strcmp(leases[i].guest, run->dir.name))
			assign_end_all(change, &leases[i].addr, 1, &ignored);
}

/*
 * Who is not root changes nothing: guest_check() has found the devices with VFIO, and the kernel lets those open them
 * to whom root gave them. They stay bound when the guest has ended; VFIO resets them as they are closed, and a reset
 * that failed is found when they are opened next.
 */
static int take_devices_as_user(struct guest_run *run, struct change *change, struct error *err)
{
	(void)run;
	return change_look_again(change, err);
}

static int take_devices(struct guest_run *run, struct change *change, struct error *err)
{
	const struct assign_wish wish = {
		.addr = run->spec->device,
		.count = run->spec->device_count,
		.guest = run->dir.name,
		.generation = run->dir.generation,
		.unclean_ok = run->spec->unclean_ok,
		.unclean_ok_count = run->spec->unclean_ok_count,
		.vf = run->spec->vf,
		.uid = -1,
	};
	int ret = assign_take_all(change, &wish, err);

	if (ret < 0)
		return ret;
	run->taken = wish.count;
	ret = change_look_again(change, err);
	if (ret < 0)
		return ret;
	record_keep(change, &run->record);
	return 0;
}

/* guest_check() has found a way that the limits allow. */
static void choose_backend(const struct host *host, struct guest_spec *spec)
{
	struct dma_limits limits;
	enum vfio_choice choice;

	dma_limits_read(&host->root, &limits);
	if (dma_limits_check(&limits, spec->backend, spec->memory_bytes, &choice, NULL) >= 0)
		spec->backend = choice;
}

/* Who is not root can give its guests no other user than himself. */
static int choose_user(struct guest_run *run, const struct change *change, struct error *err)
{
	if (!geteuid())
		return guest_user_take(change_lock(change), &run->info.user, err);
	run->info.user = geteuid();
	return 0;
}

static int claim_in(struct guest_run *run, struct change *change, struct error *err)
{
	int ret = select_devices(change_host(change), &run->own_spec, err);

	if (ret < 0)
		return ret;
	ret = guest_check(change_host(change), run->spec, err);
	if (ret < 0)
		return ret;
	choose_backend(change_host(change), &run->own_spec);
	ret = guest_dir_create(change_lock(change), run->spec->name, &run->dir, err);
	if (ret < 0)
		return ret;
	if (run->spec->name[0])
		guest_end_forget(&change_host(change)->root, run->spec->name);
	text_copy(run->info.name, sizeof(run->info.name), run->dir.name);
	memcpy(run->info.device, run->spec->device, sizeof(run->info.device));
	end_stale_leases(run, change);
	ret = choose_user(run, change, err);
	if (ret >= 0)
		ret = guest_dir_write(&run->dir, &run->info, err);
	if (ret < 0) {
		guest_dir_remove(change_lock(change), &run->dir);
		return ret;
	}
	ret = guest_is_unprivileged(change_host(change)) ? take_devices_as_user(run, change, err)
							 : take_devices(run, change, err);
	if (ret < 0 && !run->taken)
		guest_dir_remove(change_lock(change), &run->dir);
	return ret;
}

/* All that is shared with other sluices, in one change: name, directory, devices. */
static int claim(struct guest_run *run, const struct sysroot *root, struct error *err)
{
	cleanup_change struct change *change = NULL;
	int ret = change_begin_guests(root, &change, err);

	if (ret < 0)
		return ret;
	ret = claim_in(run, change, err);
	change_end(take_ptr(change), &run->own_host);
	return ret;
}

/* What others are told while it lasts. */
static int begin_step(struct guest_run *run, enum start_step step, struct error *err)
{
	run->info.step = step;
	run->info.step_since = time(NULL);
	return guest_dir_write(&run->dir, &run->info, err);
}

static int start_vmm(struct guest_run *run, struct error *err)
{
	cleanup_close int log =
		openat(run->dir.dir_fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	cleanup_close int theirs = -1;
	struct vmm_process process = { .log = log, .program = run->spec->vmm_fd, .own_user = !geteuid() };
	const struct timeval patience = { .tv_sec = SEND_TIMEOUT_S };
	int pair[2];
	int ret;

	if (log < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(err, errno, "start sluice-vmm");
	run->socket = pair[0];
	process.socket = theirs = pair[1];
	/* One that takes no messages must not hold us up for ever. */
	if (setsockopt(run->socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)))
		return fail(err, errno, "start sluice-vmm");
	process.memory_bytes = run->spec->device_count || run->spec->free_ports ? run->spec->memory_bytes : 0;
	ret = vmm_process_start(&process, &run->vmm, &run->alone_errnum, err);
	if (ret < 0)
		return ret;
	run->info.vmm_pid = run->vmm;
	return begin_step(run, run->spec->device_count ? STEP_OPEN : STEP_POWER_ON, err);
}

/* A message that could not be sent: what sluice-vmm said before it closed the socket explains more. */
static int explain_send(struct guest_run *run, int ret, struct error *err)
{
	struct launch_ended ended;
	enum guest_event event;

	if ((ret == -EPIPE || ret == -ECONNRESET) && !guest_event(run, &event, &ended, NULL) &&
		event == GUEST_EVENT_ENDED && ended.error.errnum && err)
		*err = ended.error;
	return ret;
}

static int start_vmm_with_devices(struct guest_run *run, struct error *err)
{
	int ret = start_vmm(run, err);

	if (ret < 0)
		return ret;
	ret = launch_hand_over(run, err);
	return ret < 0 ? explain_send(run, ret, err) : 0;
}

/* A failed undo is what the operator has to know, and what led to it. */
static void undo_start(struct guest_run *run, struct error *err)
{
	struct error undo = { 0 };

	if (guest_finish(run, &undo) >= 0)
		return;
	fail_in(&undo, "%s; then, undoing it", err->msg);
	*err = undo;
	err->code = CODE_HALF_DONE;
}

int guest_start(struct guest_run *run, const struct sysroot *root, const struct guest_spec *spec, struct error *err)
{
	uint64_t taken_ns;
	int ret;

	*run = (struct guest_run){
		.own_spec = *spec, .own_host = { .root = { .fd = -1 } }, .dir = { .dir_fd = -1, .lock_fd = -1 }
	};
	run->spec = &run->own_spec;
	run->host = &run->own_host;
	run->socket = -1;
	vfio_host_init(&run->vfio);
	run->info = (struct guest_info){
		.pid = getpid(),
		.cpus = spec->cpus,
		.memory_bytes = spec->memory_bytes,
		.page_bytes = spec->page_bytes,
		.started = time(NULL),
		.console_socket = spec->console_socket,
		.device_count = spec->device_count,
		.step = STEP_TAKE,
		.step_since = time(NULL),
	};
	taken_ns = step_clock_ns();
	ret = guest_is_wanted(spec, err);
	if (ret >= 0)
		ret = claim(run, root, err);
	run->step[STEP_TAKE] = step_ended(taken_ns, spec->device_count);
	if (ret >= 0)
		ret = start_vmm_with_devices(run, err);
	if (ret < 0)
		undo_start(run, err);
	return ret;
}

/* The last line that sluice-vmm wrote, for an end that it could not report. */
static void last_log_line(const struct guest_run *run, char *buf, size_t size)
{
	cleanup_close int fd = openat(run->dir.dir_fd, "log", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)size - 1 ? end - ((off_t)size - 1) : 0;
	ssize_t got = fd < 0 ? 0 : pread(fd, buf, size - 1, from);
	char *newline;

	buf[got > 0 ? got : 0] = '\0';
	text_chomp(buf);
	newline = strrchr(buf, '\n');
	if (newline)
		memmove(buf, newline + 1, strlen(newline + 1) + 1);
}

static void vanished(struct guest_run *run, struct launch_ended *ret_ended)
{
	char how[96], line[256];

	*ret_ended = (struct launch_ended){ .how = VM_END_CRASH };
	vmm_process_end(run->vmm, END_TIMEOUT_MS, how, sizeof(how));
	run->vmm = 0;
	if (guest_was_forced(&run->dir)) {
		ret_ended->how = VM_END_KILLED;
		return;
	}
	last_log_line(run, line, sizeof(line));
	fail_code(
		&ret_ended->error, CODE_GUEST_CRASHED, ECHILD, "sluice-vmm %s", how[0] ? how : "ended without a word");
	if (line[0])
		fail_hint(&ret_ended->error, "its last words: %s", line);
}

/* What sluice-vmm may say: STEPs, its CAGE, RUNNING once, then of devices, then ENDED. */
static bool is_expected(const struct guest_run *run, const struct launch_message *message, enum guest_event *ret_event)
{
	static const struct {
		uint32_t type;
		enum guest_event event;
		bool running; /* only then */
	} expected[] = {
		{ LAUNCH_STEP, GUEST_EVENT_STEP, false },
		{ LAUNCH_CAGE, GUEST_EVENT_CAGED, false },
		{ LAUNCH_RUNNING, GUEST_EVENT_RUNNING, false },
		{ LAUNCH_PLUGGED, GUEST_EVENT_PLUGGED, true },
		{ LAUNCH_UNPLUGGED, GUEST_EVENT_UNPLUGGED, true },
		{ LAUNCH_WANTED, GUEST_EVENT_WANTED, true },
	};

	*ret_event = GUEST_EVENT_ENDED;
	for (size_t i = 0; i < array_size(expected); i++) {
		if (message->type != expected[i].type)
			continue;
		*ret_event = expected[i].event;
		return run->running == expected[i].running;
	}
	return message->type == LAUNCH_ENDED;
}

/*
 * It speaks, but not what a sluice-vmm says there: its guest has taken it over. There is nothing more to hear from it.
 */
static void broke_protocol(struct guest_run *run, const struct error *what, struct launch_ended *ret_ended)
{
	char how[96];

	if (run->vmm > 0) {
		kill(run->vmm, SIGKILL);
		vmm_process_end(run->vmm, END_TIMEOUT_MS, how, sizeof(how));
	}
	run->vmm = 0;
	*ret_ended = (struct launch_ended){ .how = VM_END_CRASH };
	fail_code(&ret_ended->error, CODE_GUEST_CRASHED, EPROTO, "sluice-vmm was killed, since %s", what->msg);
	fail_hint(&ret_ended->error, "its guest may have taken it over; trust neither the guest nor its images");
}

/* Who it is and how it was started is ours to know. */
static void note_cage(struct guest_run *run, const struct cage_report *cage)
{
	run->info.cage = *cage;
	run->info.caged = true;
	run->info.cage.missing[CAGE_USER] = run->info.user ? 0 : EPERM;
	if (run->alone_errnum)
		run->info.cage.missing[CAGE_PROCESSES] = run->alone_errnum;
	guest_dir_write(&run->dir, &run->info, NULL);
}

static void note_event(struct guest_run *run, enum guest_event event, const struct launch_message *message)
{
	if (event == GUEST_EVENT_STEP) {
		begin_step(run, message->step.step, NULL);
		return;
	}
	if (event == GUEST_EVENT_CAGED) {
		note_cage(run, &message->cage);
		return;
	}
	if (event == GUEST_EVENT_RUNNING)
		begin_step(run, STEP_COUNT, NULL);
	else
		run->hotplug = message->hotplug;
	run->running = true;
}

int guest_event(struct guest_run *run, enum guest_event *ret_event, struct launch_ended *ret_ended, struct error *err)
{
	struct launch_message message = { 0 };
	struct error wrong;
	int ret = launch_receive(run->socket, &message, &wrong);

	if (ret < 0 && ret != -EPROTO) {
		if (err)
			*err = wrong;
		return fail_in(err, "guest '%s'", run->dir.name);
	}
	if (ret > 0)
		launch_message_done(&message);
	if (ret > 0 && !is_expected(run, &message, ret_event)) {
		ret = fail_code(
			&wrong, CODE_FAILED, EPROTO, "it sent launch message %u, which is not due", message.type);
	} else if (ret > 0 && *ret_event != GUEST_EVENT_ENDED) {
		note_event(run, *ret_event, &message);
		return 0;
	}
	*ret_event = GUEST_EVENT_ENDED;
	if (ret > 0)
		*ret_ended = message.ended;
	else if (ret < 0)
		broke_protocol(run, &wrong, ret_ended);
	else
		vanished(run, ret_ended);
	return 0;
}

/*
 * Devices are given back and the directory goes in one change; without the lock both stay, for the next sluice to find.
 */
static int give_back(struct guest_run *run, struct error *err)
{
	const struct lease_owner owner = { run->dir.name, run->dir.generation };
	cleanup_change struct change *change = NULL;
	int ret;

	if (run->dir.dir_fd < 0)
		return 0;
	ret = change_begin_guests(&run->host->root, &change, err);
	if (ret >= 0 && run->taken)
		ret = assign_end_own(change, &owner, run->spec->device, run->spec->device_count, err);
	run->taken = false;
	guest_dir_remove(change ? change_lock(change) : NULL, &run->dir);
	return ret;
}

int guest_finish(struct guest_run *run, struct error *err)
{
	char how[96];
	int ret;

	close_fd(&run->socket);
	if (run->vmm > 0)
		vmm_process_end(run->vmm, END_TIMEOUT_MS, how, sizeof(how));
	run->vmm = 0;
	vfio_host_done(&run->vfio);
	ret = give_back(run, err);
	host_close(&run->own_host);
	return ret;
}
