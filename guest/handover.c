// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest's process is handed over its socket: the machine's description, its files, the address space for DMA,
 * each device (wire/launch.h). Every descriptor that sluice-vmm will ever have is opened here, and closed here once it
 * is sent.
 */
#include "guest/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "assign/reset.h"
#include "assign/vfio.h"
#include "assign/virtio.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/slots.h"
#include "wire/control.h"

_Static_assert((int)GUEST_DEVICE_MAX <= (int)VFIO_HOST_DEVICE_MAX, "VFIO takes every device of a guest");
_Static_assert((int)GUEST_DEVICE_MAX <= (int)CONTROL_DEVICE_MAX, "every device of a guest has a place in its status");
_Static_assert((int)GUEST_NAME_SIZE == (int)LAUNCH_NAME_MAX, "names fit the launch message");

/* Descriptors of LAUNCH_MACHINE; owned here until they are sent. */
struct machine_files {
	int fd[LAUNCH_FD_MAX];
	size_t count;
};

int guest_is_wanted(const struct guest_spec *spec, struct error *err)
{
	struct pollfd caller = { .fd = spec->caller_fd > 0 ? spec->caller_fd : -1 };

	if (poll(&caller, 1, 0) <= 0)
		return 0;
	return fail_code(err, CODE_FAILED, ECANCELED, "the command that was to start the guest is gone");
}

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

/* As many of the free ports as there is room for. */
static uint32_t count_ports(const struct guest_run *run)
{
	const struct guest_spec *spec = run->spec;
	struct guest_slot slots[GUEST_DEVICE_MAX];
	uint32_t used = guest_slots(&run->host->pci, spec->device, spec->device_count, slots);
	uint32_t left = LIMIT_DEVICES - used;

	return used + (spec->free_ports < left ? spec->free_ports : left);
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
		.cpu = spec->cpu,
		.version = LAUNCH_VERSION,
		.flags = (spec->initrd ? LAUNCH_INITRD : 0) | (spec->console_socket ? 0 : LAUNCH_CONSOLE_STDIO) |
			 (spec->free_ports ? LAUNCH_HOTPLUG : 0),
		.user = geteuid() ? 0 : run->info.user,
		.cpus = spec->cpus,
		.device_count = (uint32_t)spec->device_count,
		.port_count = count_ports(run),
		.virtio_count = (uint32_t)guest_virtio_count(spec),
		.memory_bytes = spec->memory_bytes,
		.page_bytes = spec->page_bytes,
	};
	if (!spec->cpu.shape.sockets)
		message.machine.cpu.shape = (struct cpu_shape){ 1, spec->cpus, 1 };
	text_copy(message.machine.name, sizeof(message.machine.name), run->dir.name);
	text_copy(message.machine.cmdline, sizeof(message.machine.cmdline), spec->cmdline);
	add_fds(&message, files.fd, files.count);
	return launch_send(run->socket, &message, err);
}

static int send_disk(const struct guest_run *run, const struct guest_disk *disk, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_VIRTIO, .size = sizeof(message.virtio) };
	cleanup_close int fd = -1;
	int ret = guest_disk_open(disk, &fd, &message.virtio.disk_bytes, err);

	if (ret < 0)
		return ret;
	message.virtio.kind = LAUNCH_VIRTIO_DISK;
	message.virtio.flags = disk->read_only ? LAUNCH_VIRTIO_READ_ONLY : 0;
	text_copy(message.virtio.serial, sizeof(message.virtio.serial), disk->serial);
	text_copy(message.virtio.label, sizeof(message.virtio.label), disk->path);
	add_fds(&message, &fd, 1);
	return launch_send(run->socket, &message, err);
}

static int send_net(const struct guest_run *run, unsigned int index, struct error *err)
{
	const struct guest_net *net = &run->spec->net[index];
	struct launch_message message = { .type = LAUNCH_VIRTIO, .size = sizeof(message.virtio) };
	struct mac_addr mac = guest_net_mac(&run->host->root, net, run->dir.name, index);
	cleanup_close int fd = -1, vhost = -1;
	int ret = guest_net_open(&run->host->root, net, &fd, err);

	if (ret < 0)
		return ret;
	message.virtio.kind = LAUNCH_VIRTIO_NET;
	memcpy(message.virtio.mac, mac.octet, sizeof(message.virtio.mac));
	text_copy(message.virtio.label, sizeof(message.virtio.label), net->tap);
	add_fds(&message, &fd, 1);
	vhost = guest_net_open_vhost(&run->host->root, net);
	if (vhost >= 0)
		add_fds(&message, &vhost, 1);
	return launch_send(run->socket, &message, err);
}

static int send_nets(const struct guest_run *run, struct error *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < run->spec->net_count && ret == 0; i++)
		ret = send_net(run, i, err);
	return ret;
}

static int send_rng(const struct guest_run *run, struct error *err)
{
	const struct launch_message message = {
		.type = LAUNCH_VIRTIO, .size = sizeof(message.virtio), .virtio.kind = LAUNCH_VIRTIO_RNG
	};

	return run->spec->rng ? launch_send(run->socket, &message, err) : 0;
}

static int send_disks(const struct guest_run *run, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < run->spec->disk_count && ret == 0; i++)
		ret = send_disk(run, &run->spec->disk[i], err);
	return ret;
}

static int send_dma(const struct guest_run *run, const struct vfio_host *vfio, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_DMA, .size = sizeof(message.dma) };

	message.dma.kind = vfio_host_is_iommufd(vfio) ? LAUNCH_DMA_IOMMUFD : LAUNCH_DMA_TYPE1;
	message.dma.ioas = vfio->ioas;
	if (vfio->group_count + 1 > LAUNCH_FD_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "the devices are in %zu IOMMU groups; at most %d can be sent",
			vfio->group_count, LAUNCH_FD_MAX - 1);
	add_fds(&message, &vfio->space_fd, 1);
	add_fds(&message, vfio->group_fd, vfio->group_count);
	return launch_send(run->socket, &message, err);
}

/* One device's opening, in a thread: the kernel resets the device meanwhile, 100 ms and more. */
struct open_job {
	struct vfio_host *vfio;
	struct pci_addr addr;
	struct guest_slot slot;
	const char *rom_file;
	bool rom_off;
	uint32_t on_error; /* enum on_error */
	bool unclean_ok, bypass_ok;
	bool by_set; /* opening it resets nothing: its bus is reset when all on it are open */
	pthread_t thread;
	bool started, no_reset_ok;
	uint32_t group;
	bool own_group; /* which goes along */
	int group_fd;   /* with own_group */
	uint32_t flags; /* LAUNCH_MORE, LAUNCH_GROUP_BEFORE */
	int fd, ret;
	struct error err;
};

static void *open_device(void *opaque)
{
	struct open_job *job = opaque;

	job->ret = vfio_host_open_device(job->vfio, job->addr, job->unclean_ok || job->by_set, &job->fd, &job->err);
	return NULL;
}

static void plan_of(const struct host *host, struct pci_addr addr, const struct pci_addr *all, size_t count,
	struct reset_plan *ret_plan)
{
	const struct pci_device *device = pci_inventory_find(&host->pci, addr);

	*ret_plan = (struct reset_plan){ .kind = RESET_UNKNOWN };
	if (device)
		reset_plan_read(&host->root, &host->pci, device, all, count, ret_plan);
}

static bool is_reset_by_set(const struct host *host, struct pci_addr addr, const struct pci_addr *all, size_t count)
{
	struct reset_plan plan;

	plan_of(host, addr, all, count, &plan);
	return plan.kind == RESET_SET;
}

/* What shares its bus and has no reset of its own is reset with its bus, once for all on it, when all are open. */
static int reset_sets(
	const struct host *host, const struct vfio_host *vfio, struct open_job *jobs, size_t count, struct error *err)
{
	struct pci_addr addrs[GUEST_DEVICE_MAX];

	for (size_t i = 0; i < count; i++)
		addrs[i] = jobs[i].addr;
	for (size_t i = 0; i < count; i++) {
		char name[PCI_ADDR_TEXT_SIZE];
		struct reset_plan plan;
		int ret;

		plan_of(host, jobs[i].addr, addrs, count, &plan);
		if (plan.kind != RESET_SET)
			continue;
		jobs[i].no_reset_ok = true; /* at the guest's reboot it stays as it is: the tenant is the same */
		if (pci_addr_compare(plan.others[0], jobs[i].addr) < 0)
			continue;
		ret = reset_set(vfio, jobs[i].fd, pci_addr_text(jobs[i].addr, name), err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Is it back, whatever way it was reset, and does its DMA go through the IOMMU? */
static int verify_opened(const struct host *host, const struct open_job *job, struct error *err)
{
	const struct pci_device *device = pci_inventory_find(&host->pci, job->addr);
	int ret = device && !job->unclean_ok ? reset_verify(&host->root, device, err) : 0;

	if (ret < 0 || !device || job->bypass_ok)
		return ret;
	return virtio_check_opened(job->vfio, device, job->fd, err);
}

static int verify_all_opened(const struct host *host, const struct open_job *jobs, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int ret = verify_opened(host, &jobs[i], err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The file is opened when its device is sent: until then nothing has to be closed. */
static int add_rom(const struct open_job *job, struct launch_message *message, struct error *err)
{
	int fd;

	if (job->rom_off)
		message->device.flags |= LAUNCH_ROM_OFF;
	if (!job->rom_file)
		return 0;
	fd = open_path(job->rom_file);
	if (fd < 0)
		return fail(err, -fd, "open the expansion ROM '%s'", job->rom_file);
	message->device.flags |= LAUNCH_ROM_FILE;
	add_fds(message, &fd, 1);
	return 0;
}

static int add_rules(const struct guest_run *run, const struct host *host, struct pci_addr addr,
	struct launch_device *launch, struct error *err)
{
	const struct pci_device *device = pci_inventory_find(&host->pci, addr);
	size_t count = 0;
	int ret = 0;

	if (run->spec->rules && device)
		ret = guest_rules_for(run->spec->rules, device, launch->rule, LIMIT_RULES, &count, err);
	launch->rule_count = (uint32_t)count;
	return ret;
}

static int send_device(
	const struct guest_run *run, const struct host *host, const struct open_job *job, struct error *err)
{
	struct launch_message message = { .type = LAUNCH_DEVICE, .size = sizeof(message.device) };
	char name[PCI_ADDR_TEXT_SIZE];
	int ret = add_rules(run, host, job->addr, &message.device, err);

	if (ret < 0)
		return ret;
	message.device.flags = job->flags | (job->no_reset_ok ? LAUNCH_NO_RESET_OK : 0);
	message.device.port = job->slot.port;
	message.device.function = job->slot.function;
	message.device.group = job->group;
	message.device.on_error = job->on_error;
	text_copy(message.device.address, sizeof(message.device.address), pci_addr_text(job->addr, name));
	add_fds(&message, &job->fd, 1);
	ret = add_rom(job, &message, err);
	if (ret < 0)
		return ret;
	if (job->own_group) {
		message.device.flags |= LAUNCH_OWN_GROUP;
		add_fds(&message, &job->group_fd, 1);
	}
	ret = launch_send(run->socket, &message, err);
	if (message.device.flags & LAUNCH_ROM_FILE)
		close_fd(&message.fd[1]);
	return ret;
}

static void start_jobs(const struct guest_run *run, struct vfio_host *vfio, struct open_job *jobs)
{
	struct guest_slot slots[GUEST_DEVICE_MAX];

	guest_slots(&run->host->pci, run->spec->device, run->spec->device_count, slots);
	for (size_t i = 0; i < run->spec->device_count; i++) {
		jobs[i] = (struct open_job){ .vfio = vfio, .addr = run->spec->device[i], .fd = -1 };
		jobs[i].slot = slots[i];
		jobs[i].rom_file = run->spec->rom_file[i];
		jobs[i].rom_off = run->spec->rom_off[i];
		jobs[i].on_error = run->spec->on_error[i];
		jobs[i].no_reset_ok = guest_accepts_no_reset(run->spec, run->spec->device[i]);
		jobs[i].unclean_ok = guest_accepts_unclean(run->spec, jobs[i].addr);
		jobs[i].bypass_ok = guest_accepts_bypass(run->spec, jobs[i].addr);
		jobs[i].by_set = is_reset_by_set(run->host, jobs[i].addr, run->spec->device, run->spec->device_count);
		jobs[i].started = !pthread_create(&jobs[i].thread, NULL, open_device, &jobs[i]);
		if (!jobs[i].started)
			open_device(&jobs[i]);
	}
}

/* All of them, so that none is still at work; the error is the first device's. */
static int finish_jobs(struct open_job *jobs, size_t count, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		if (jobs[i].started)
			pthread_join(jobs[i].thread, NULL);
		if (ret >= 0 && jobs[i].ret < 0) {
			ret = jobs[i].ret;
			if (err)
				*err = jobs[i].err;
		}
	}
	return ret;
}

/*
 * What addresses the guest can use is known when the last device is in the address space (iommufd narrows them with
 * each), so the space goes after the devices were opened, and the devices after the space.
 */
static int send_devices(const struct guest_run *run, struct vfio_host *vfio, struct error *err)
{
	struct open_job jobs[GUEST_DEVICE_MAX] = { 0 };
	size_t count = run->spec->device_count;
	int ret;

	start_jobs(run, vfio, jobs);
	for (size_t i = 0; i < count; i++)
		jobs[i].group = vfio_host_is_iommufd(vfio) ? LAUNCH_NO_GROUP : (uint32_t)vfio->device_node[i];
	ret = finish_jobs(jobs, count, err);
	if (!ret)
		ret = reset_sets(run->host, vfio, jobs, count, err);
	if (!ret)
		ret = verify_all_opened(run->host, jobs, count, err);
	if (!ret)
		ret = send_dma(run, vfio, err);
	for (size_t i = 0; i < count; i++) {
		if (!ret)
			ret = send_device(run, run->host, &jobs[i], err);
		close_fd(&jobs[i].fd);
	}
	return ret;
}

/* Of several devices at once the longest. */
static struct step_time attach_time(const struct vfio_host *vfio, uint64_t start_ns)
{
	struct step_time attach = { .start_ns = start_ns, .calls = vfio->device_count };

	for (size_t i = 0; i < vfio->device_count; i++)
		if (vfio->attach_ns[i] > attach.ns)
			attach.ns = vfio->attach_ns[i];
	return attach;
}

/* Opened, reset, and found to be back. */
static int open_late(struct guest_run *run, const struct late_card *card, struct open_job *jobs, struct error *err)
{
	int ret = 0;

	if (run->vfio.space_fd < 0)
		ret = vfio_host_open(&run->vfio, &run->host->root, card->addr, card->count, run->spec->backend, err);
	else
		for (size_t i = 0; i < card->count && ret == 0; i++)
			ret = vfio_host_add(&run->vfio, card->addr[i], err);
	for (size_t i = 0; i < card->count && ret == 0; i++)
		ret = vfio_host_open_device(
			&run->vfio, card->addr[i], card->unclean_ok || jobs[i].by_set, &jobs[i].fd, err);
	if (ret == 0)
		ret = reset_sets(card->host, &run->vfio, jobs, card->count, err);
	return ret < 0 ? ret : verify_all_opened(card->host, jobs, card->count, err);
}

static void describe_late(struct guest_run *run, const struct late_card *card, struct open_job *jobs)
{
	for (size_t i = 0; i < card->count; i++) {
		jobs[i] = (struct open_job){ .vfio = &run->vfio, .addr = card->addr[i], .fd = -1 };
		jobs[i].slot.function = card->function[i];
		jobs[i].no_reset_ok = card->no_reset_ok;
		jobs[i].unclean_ok = card->unclean_ok;
		jobs[i].bypass_ok = card->bypass_ok;
		jobs[i].by_set = is_reset_by_set(card->host, card->addr[i], card->addr, card->count);
		jobs[i].on_error = card->on_error[i];
		jobs[i].flags = i + 1 < card->count ? LAUNCH_MORE : 0;
	}
}

/* By groups: those of LAUNCH_DMA by their number, later ones come with the first device of each. */
static void number_groups(const struct guest_run *run, struct open_job *jobs, size_t count, bool first)
{
	const struct vfio_host *vfio = &run->vfio;

	for (size_t i = 0; i < count; i++) {
		jobs[i].group = LAUNCH_NO_GROUP;
		if (vfio_host_is_iommufd(vfio))
			continue;
		if (first)
			jobs[i].group = (uint32_t)vfio->device_node[i];
		else if (i > 0 && vfio->device_node[i] == vfio->device_node[i - 1])
			jobs[i].flags |= LAUNCH_GROUP_BEFORE;
		else
			jobs[i].own_group = true;
		jobs[i].group_fd = vfio->group_fd[vfio->device_node[i]];
	}
}

/* Of a running guest's first device, the whole space goes along; of a later one by groups, its group. */
int launch_hand_over_late(struct guest_run *run, const struct late_card *card, struct error *err)
{
	struct open_job jobs[LAUNCH_FUNCTION_MAX];
	bool first = run->vfio.space_fd < 0;
	int ret;

	describe_late(run, card, jobs);
	ret = open_late(run, card, jobs, err);
	if (ret == 0 && first)
		ret = send_dma(run, &run->vfio, err);
	if (ret == 0)
		number_groups(run, jobs, card->count, first);
	for (size_t i = 0; i < card->count; i++) {
		if (ret == 0)
			ret = send_device(run, card->host, &jobs[i], err);
		close_fd(&jobs[i].fd);
	}
	return ret;
}

static void give_descriptors(const struct guest_spec *spec, struct vfio_host *vfio)
{
	vfio->given_space = spec->dma_fd;
	for (size_t i = 0; i < spec->device_count; i++)
		if (spec->device_fd[i])
			vfio->given[vfio->given_count++] = (struct vfio_given){ spec->device[i], spec->device_fd[i] };
}

int launch_hand_over(struct guest_run *run, struct error *err)
{
	struct launch_message start = { .type = LAUNCH_START };
	uint64_t opened_ns = step_clock_ns();
	int ret = send_machine(run, err);

	if (!ret)
		ret = send_disks(run, err);
	if (!ret)
		ret = send_nets(run, err);
	if (!ret)
		ret = send_rng(run, err);
	run->vfio.vf_token = run->spec->vf_token;
	give_descriptors(run->spec, &run->vfio);
	if (!ret && run->spec->device_count) {
		/* Asked again: whether the module takes unsafe interrupts is known only once it is loaded. */
		ret = guest_check_interrupts(run->host, run->spec, err);
		if (!ret)
			ret = vfio_host_open(&run->vfio, &run->host->root, run->spec->device, run->spec->device_count,
				run->spec->backend, err);
		if (!ret)
			ret = send_devices(run, &run->vfio, err);
		run->step[STEP_OPEN] = step_ended(opened_ns, run->spec->device_count);
		run->step[STEP_ATTACH] = attach_time(&run->vfio, opened_ns);
		vfio_host_keep_space(&run->vfio);
	}
	if (!ret)
		ret = guest_is_wanted(run->spec, err);
	memcpy(start.start.step, run->step, sizeof(start.start.step));
	return ret < 0 ? ret : launch_send(run->socket, &start, err);
}
