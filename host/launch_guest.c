// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starting and ending a guest; see launch_guest.h. Every descriptor that the guest's process will ever have is opened
 * here and sent over its socket (launch.h); this side keeps the socket alone.
 */
#include "host/launch_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "host/assign.h"
#include "host/vmm_process.h"
#include "passthrough/host_vfio.h"

enum {
	END_TIMEOUT_MS = 10000
};

_Static_assert((int)GUEST_DEVICE_MAX <= (int)VFIO_HOST_DEVICE_MAX, "VFIO takes every device of a guest");
_Static_assert((int)GUEST_NAME_SIZE == (int)LAUNCH_NAME_MAX, "names fit the launch message");

/* The inventory is read before a guest is started: a device that is not in it any more is gone. */
static int find_device(
	const struct host *host, struct pci_addr addr, const struct pci_device **ret_device, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	*ret_device = pci_inventory_find(&host->pci, addr);
	if (*ret_device)
		return 0;
	return fail_code(err, CODE_DEV_LOST, ENODEV, "%s is gone", pci_addr_text(addr, name));
}

static int take_devices(struct guest_run *run, struct error *err)
{
	for (size_t i = 0; i < run->spec->device_count; i++) {
		const struct pci_device *device;
		int ret = find_device(run->host, run->spec->device[i], &device, err);

		/* Asked again under the lock: another sluice may have been faster. */
		if (!ret)
			ret = assign_check(run->host, device, err);
		if (!ret)
			ret = assign_take(run->host, device, "vfio-pci", run->dir.name, err);
		if (ret < 0)
			return ret;
		run->taken++;
	}
	return 0;
}

/* Leases that a dead guest of the same name left on devices that this one does not take. */
static void end_stale_leases(struct guest_run *run)
{
	cleanup_free struct lease *leases = NULL;
	size_t count = 0;

	if (lease_list(&run->host->root, &leases, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count; i++) {
		enum assign_result result;
		bool wanted = false;

		for (size_t k = 0; k < run->spec->device_count; k++)
			wanted = wanted || !pci_addr_compare(leases[i].addr, run->spec->device[k]);
		if (!wanted && !strcmp(leases[i].guest, run->dir.name))
			assign_end(run->host, leases[i].addr, &result, NULL);
	}
}

static int claim(struct guest_run *run, struct error *err)
{
	cleanup_close int lock = -1;
	int ret = host_lock(&run->host->root, &lock, err);

	if (!ret)
		ret = guest_dir_create(&run->host->root, run->spec->name, &run->dir, err);
	if (ret < 0)
		return ret;
	text_copy(run->info.name, sizeof(run->info.name), run->dir.name);
	end_stale_leases(run);
	ret = guest_dir_write(&run->dir, &run->info, err);
	return ret < 0 ? ret : take_devices(run, err);
}

/* Descriptors of LAUNCH_MACHINE; owned here until they are sent. */
struct machine_files {
	int fd[LAUNCH_FD_MAX];
	size_t count;
};

static void close_machine_files(struct machine_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		close_fd(&files->fd[i]);
}

static int add_file(struct machine_files *files, int fd, const char *what, struct error *err)
{
	if (fd < 0)
		return fail(err, -fd, "open %s", what);
	files->fd[files->count++] = fd;
	return 0;
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

static int open_machine_files(const struct guest_run *run, struct machine_files *files, struct error *err)
{
	const struct guest_spec *spec = run->spec;
	int socket = -1;
	int ret = add_file(files, sysroot_open_file(&run->host->root, O_RDWR, "dev/kvm"), "/dev/kvm", err);

	if (!ret)
		ret = add_file(files, open_path(spec->kernel), spec->kernel, err);
	if (!ret)
		ret = guest_dir_listen(&run->dir, "control", SOCK_SEQPACKET, &socket, err);
	if (!ret)
		ret = add_file(files, socket, "the control socket", err);
	if (!ret && spec->console_socket) {
		ret = guest_dir_listen(&run->dir, "console", SOCK_STREAM, &socket, err);
		if (!ret)
			ret = add_file(files, socket, "the console socket", err);
	} else if (!ret) {
		ret = add_file(files, duplicate(spec->console_in), "the console", err);
		if (!ret)
			ret = add_file(files, duplicate(spec->console_out), "the console", err);
	}
	if (!ret && spec->initrd)
		ret = add_file(files, open_path(spec->initrd), spec->initrd, err);
	return ret;
}

static void add_fds(struct launch_message *message, const int *fds, size_t count)
{
	memcpy(&message->fd[message->fd_count], fds, count * sizeof(*fds));
	message->fd_count += (uint32_t)count;
}

static int send_machine(const struct guest_run *run, struct error *err)
{
	const struct guest_spec *spec = run->spec;
	cleanup(close_machine_files) struct machine_files files = { .count = 0 };
	struct launch_message message = { .type = LAUNCH_MACHINE, .size = sizeof(message.machine) };
	int ret = open_machine_files(run, &files, err);

	if (ret < 0)
		return ret;
	message.machine = (struct launch_machine){
		.version = LAUNCH_VERSION,
		.flags = (spec->initrd ? LAUNCH_INITRD : 0) | (spec->console_socket ? 0 : LAUNCH_CONSOLE_STDIO),
		.cpus = spec->cpus,
		.device_count = (uint32_t)spec->device_count,
		.memory_bytes = spec->memory_bytes,
		.page_bytes = spec->page_bytes,
	};
	text_copy(message.machine.name, sizeof(message.machine.name), run->dir.name);
	text_copy(message.machine.cmdline, sizeof(message.machine.cmdline), spec->cmdline);
	add_fds(&message, files.fd, files.count);
	return launch_send(run->socket, &message, err);
}

static int send_dma(const struct guest_run *run, const struct vfio_host *vfio, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_DMA, .size = sizeof(message.dma) };

	message.dma.kind = LAUNCH_DMA_TYPE1;
	if (vfio->group_count + 1 > LAUNCH_FD_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "the devices are in %zu IOMMU groups; at most %d can be sent",
			vfio->group_count, LAUNCH_FD_MAX - 1);
	add_fds(&message, &vfio->container_fd, 1);
	add_fds(&message, vfio->group_fd, vfio->group_count);
	return launch_send(run->socket, &message, err);
}

/* One device's opening, in a thread: the kernel resets the device meanwhile, 100 ms and more. */
struct open_job {
	const struct vfio_host *vfio;
	struct pci_addr addr;
	pthread_t thread;
	bool started;
	int fd, ret;
	struct error err;
};

static void *open_device(void *opaque)
{
	struct open_job *job = opaque;

	job->ret = vfio_host_open_device(job->vfio, job->addr, &job->fd, &job->err);
	return NULL;
}

static int send_device(const struct guest_run *run, const struct open_job *job, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_DEVICE, .size = sizeof(message.device) };
	char name[PCI_ADDR_TEXT_SIZE];

	if (job->ret < 0) {
		if (err)
			*err = job->err;
		return job->ret;
	}
	text_copy(message.device.address, sizeof(message.device.address), pci_addr_text(job->addr, name));
	add_fds(&message, &job->fd, 1);
	return launch_send(run->socket, &message, err);
}

static int send_devices(const struct guest_run *run, const struct vfio_host *vfio, struct error *err)
{
	struct open_job jobs[GUEST_DEVICE_MAX] = { 0 };
	int ret = 0;

	for (size_t i = 0; i < run->spec->device_count; i++) {
		jobs[i] = (struct open_job){ .vfio = vfio, .addr = run->spec->device[i], .fd = -1 };
		jobs[i].started = !pthread_create(&jobs[i].thread, NULL, open_device, &jobs[i]);
		if (!jobs[i].started)
			open_device(&jobs[i]);
	}
	for (size_t i = 0; i < run->spec->device_count; i++) {
		if (jobs[i].started)
			pthread_join(jobs[i].thread, NULL);
		if (!ret)
			ret = send_device(run, &jobs[i], err);
		close_fd(&jobs[i].fd);
	}
	return ret;
}

static int send_all(struct guest_run *run, struct error *err)
{
	const struct launch_message start = { .type = LAUNCH_START };
	cleanup(vfio_host_done) struct vfio_host vfio;
	int ret = send_machine(run, err);

	vfio_host_init(&vfio);
	if (!ret && run->spec->device_count) {
		ret = vfio_host_open(&vfio, &run->host->root, run->spec->device, run->spec->device_count, err);
		if (!ret)
			ret = send_dma(run, &vfio, err);
		if (!ret)
			ret = send_devices(run, &vfio, err);
	}
	return ret < 0 ? ret : launch_send(run->socket, &start, err);
}

static int start_vmm(struct guest_run *run, struct error *err)
{
	cleanup_close int log =
		openat(run->dir.dir_fd, "log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	cleanup_close int theirs = -1;
	struct vmm_process process = { .log = log };
	int pair[2];
	int ret;

	if (log < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fail(err, errno, "start sluice-vmm");
	run->socket = pair[0];
	process.socket = theirs = pair[1];
	process.memory_bytes = run->spec->device_count ? run->spec->memory_bytes : 0;
	ret = vmm_process_start(&process, &run->vmm, err);
	if (ret < 0)
		return ret;
	run->info.vmm_pid = run->vmm;
	return guest_dir_write(&run->dir, &run->info, err);
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

int guest_start(struct guest_run *run, const struct host *host, const struct guest_spec *spec, struct error *err)
{
	int ret;

	*run = (struct guest_run){ .host = host, .spec = spec, .dir = { -1, -1, "" }, .socket = -1 };
	run->info = (struct guest_info){
		.pid = getpid(),
		.cpus = spec->cpus,
		.memory_bytes = spec->memory_bytes,
		.page_bytes = spec->page_bytes,
		.started = time(NULL),
		.console_socket = spec->console_socket,
		.device_count = spec->device_count,
	};
	memcpy(run->info.device, spec->device, sizeof(spec->device));
	ret = claim(run, err);
	if (!ret)
		ret = start_vmm(run, err);
	if (!ret) {
		ret = send_all(run, err);
		if (ret < 0)
			ret = explain_send(run, ret, err);
	}
	if (ret < 0) {
		struct error undo;

		/* A failed undo is what the operator has to know, more than what led to it. */
		if (guest_finish(run, &undo) < 0 && err) {
			fail_in(&undo, "%s; then, undoing it", err->msg);
			*err = undo;
			err->code = CODE_HALF_DONE;
		}
	}
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
	last_log_line(run, line, sizeof(line));
	fail_code(
		&ret_ended->error, CODE_GUEST_CRASHED, ECHILD, "sluice-vmm %s", how[0] ? how : "ended without a word");
	if (line[0])
		fail_hint(&ret_ended->error, "its last words: %s", line);
}

/* The guest may have taken sluice-vmm over: what it says reaches the operator's terminal as plain text only. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == '\177')
			*text = '?';
}

int guest_event(struct guest_run *run, enum guest_event *ret_event, struct launch_ended *ret_ended, struct error *err)
{
	struct launch_message message;
	int ret;

	do {
		ret = launch_receive(run->socket, &message, err);
		if (ret < 0 && ret != -ECONNRESET)
			return fail_in(err, "guest '%s'", run->dir.name);
		if (ret > 0)
			launch_message_done(&message);
	} while (ret > 0 && message.type != LAUNCH_RUNNING && message.type != LAUNCH_ENDED);
	if (ret > 0 && message.type == LAUNCH_RUNNING) {
		*ret_event = GUEST_EVENT_RUNNING;
		return 0;
	}
	*ret_event = GUEST_EVENT_ENDED;
	if (ret > 0)
		*ret_ended = message.ended;
	else
		vanished(run, ret_ended);
	make_plain(ret_ended->error.msg);
	make_plain(ret_ended->error.hint);
	return 0;
}

static int give_back(struct guest_run *run, struct error *err)
{
	cleanup_close int lock = -1;
	int first = 0;

	if (!run->taken)
		return 0;
	first = host_lock(&run->host->root, &lock, err);
	if (first < 0)
		return first;
	while (run->taken) {
		enum assign_result result;
		struct error here;
		int ret = assign_end(run->host, run->spec->device[--run->taken], &result, &here);

		if (ret < 0 && !first) {
			first = ret;
			if (err)
				*err = here;
		}
	}
	return first;
}

int guest_finish(struct guest_run *run, struct error *err)
{
	char how[96];
	int ret;

	close_fd(&run->socket);
	if (run->vmm > 0)
		vmm_process_end(run->vmm, END_TIMEOUT_MS, how, sizeof(how));
	run->vmm = 0;
	ret = give_back(run, err);
	guest_dir_remove(&run->host->root, &run->dir);
	return ret;
}
