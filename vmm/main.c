// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sluice-vmm: one guest. Started by `sluice run` with a socket as descriptor 3, over which it gets its configuration
 * and every descriptor it will ever use (wire/launch.h); assigned.c has the devices, hotplug.c those that come and go.
 * This file is the order of things: launch, layout, RAM, cage, devices, sandbox, power on, run, again after a reset,
 * end.
 *
 * What takes long overlaps: RAM is populated by threads while sluice opens devices, which the kernel resets meanwhile.
 * Guests without devices are not populated: their memory comes as they touch it.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "vmm-core/cage.h"
#include "vmm-core/control_server.h"
#include "vmm-core/device/console.h"
#include "vmm-core/kvm.h"
#include "vmm-core/sandbox.h"
#include "vmm-core/vcpu.h"
#include "vmm-core/virtio/set.h"
#include "vmm-core/vm.h"
#include "vmm/assigned.h"
#include "vmm/hotplug.h"
#include "wire/launch.h"

enum {
	EXIT_USAGE = 2,
	CONSOLE_FLUSH_MS = 1000,
	POPULATE_STACK = 64 * 1024,
};

#define HOTPLUG_WINDOW (64 * GIB) /* for each port */

/* Everything of this process. */
struct guest {
	int socket;
	struct launch_message machine; /* LAUNCH_MACHINE: its configuration lives as long as the guest */
	struct kvm_host kvm;
	struct vm vm;
	struct assigned assigned; /* devices and their DMA space */
	struct hotplug hotplug;
	struct control_server *control;
	struct cage_report cage;
	struct sandbox *sandbox;
	int signal_fd;
	pthread_t populate_thread;
	bool populating;
	struct error populate_error;
	struct step_time step[STEP_COUNT];
};

/*
 * When the process started, as far as it can tell without /proc: the CPU time that it has used so far, by the dynamic
 * linker above all, lies before main().
 */
static uint64_t start_of_process(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return vm_now_ns() - ((uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec);
}

static void on_signal(void *opaque, int fd, uint32_t events)
{
	struct signalfd_siginfo info;
	struct guest *guest = opaque;

	(void)events;
	if (read(fd, &info, sizeof(info)) == sizeof(info))
		vm_end(&guest->vm, VM_END_KILLED, NULL);
}

/* sluice speaks of devices that come and go; its end is the guest's. */
static void on_launcher(void *opaque, int fd, uint32_t events)
{
	struct guest *guest = opaque;
	struct launch_message message;
	struct error why = { 0 };
	int ret = launch_receive(fd, &message, &why);

	(void)events;
	if (ret > 0) {
		ret = hotplug_message(&guest->hotplug, &message, &why);
		launch_message_done(&message);
		if (ret == 0)
			return;
	} else if (ret == 0) {
		fail_code(&why, CODE_FAILED, EPIPE, "sluice, which had started the guest, is gone");
	}
	loop_remove(&guest->vm.loop, fd);
	vm_end(&guest->vm, VM_END_KILLED, &why);
}

/* Beside these every device has its own: LIMIT_DEVICE_SOURCES. */
_Static_assert(4 + 4 + CONSOLE_CLIENT_MAX + 1 + CONTROL_CLIENT_MAX <= (int)LOOP_OWN_SOURCES,
	"room for signals, launcher, end and slots; the console's ends, wake-up and clients; the control socket and "
	"its "
	"clients");

static int watch_signals(struct guest *guest, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	/* Inherited by all threads: these signals come by the descriptor only. */
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	guest->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (guest->signal_fd < 0)
		return fail(err, errno, "listen to signals");
	return loop_add(&guest->vm.loop, guest->signal_fd, EPOLLIN, on_signal, guest, err);
}

/* The next message, of the type that the protocol wants here. */
static int expect(struct guest *guest, uint32_t type, struct launch_message *ret_message, struct error *err)
{
	int ret = launch_receive(guest->socket, ret_message, err);

	if (ret < 0)
		return ret;
	if (ret == 0)
		return fail_code(err, CODE_FAILED, EPIPE, "sluice went away while the guest was being prepared");
	if (ret_message->type == type)
		return 0;
	fail_code(err, CODE_FAILED, EPROTO, "launch message %u came where %u was due", ret_message->type, type);
	launch_message_done(ret_message);
	return -EPROTO;
}

static int open_console(struct guest *guest, struct error *err)
{
	struct launch_message *message = &guest->machine;
	bool stdio = message->machine.flags & LAUNCH_CONSOLE_STDIO;
	struct console_ends ends = { .in = -1, .out = -1, .listen = -1 };

	if (stdio) {
		ends.in = take_fd(&message->fd[LAUNCH_FD_CONSOLE_IN]);
		ends.out = take_fd(&message->fd[LAUNCH_FD_CONSOLE_OUT]);
	} else {
		ends.listen = take_fd(&message->fd[LAUNCH_FD_CONSOLE_IN]);
	}
	return console_new(&guest->vm.console, &guest->vm, &ends, err);
}

static int receive_machine(struct guest *guest, struct error *err)
{
	struct launch_message *message = &guest->machine;
	struct vm *vm = &guest->vm;
	int ret = expect(guest, LAUNCH_MACHINE, message, err);

	if (ret < 0)
		return ret;
	vm->config = &message->machine;
	vm->kvm_fd = message->fd[LAUNCH_FD_KVM];
	vm->kernel_fd = message->fd[LAUNCH_FD_KERNEL];
	if (message->machine.flags & LAUNCH_INITRD)
		vm->initrd_fd = message->fd[message->fd_count - 1];
	ret = kvm_host_init(&guest->kvm, vm->kvm_fd, err);
	if (ret < 0)
		return ret;
	vm->kvm = &guest->kvm;
	ret = open_console(guest, err);
	if (ret == 0)
		ret = control_server_new(&guest->control, vm, take_fd(&message->fd[LAUNCH_FD_CONTROL]), err);
	return ret;
}

/*
 * Room in the 64-bit window for the BARs of devices that may come: addresses cost nothing, and a graphics card has tens
 * of gigabytes. A quarter of all addresses at most.
 */
static uint64_t spare_window(const struct guest *guest)
{
	const struct launch_machine *config = guest->vm.config;
	uint64_t most = (1ull << guest->kvm.gpa_bits) / 4;
	uint64_t spare = config->flags & LAUNCH_HOTPLUG ? config->port_count * HOTPLUG_WINDOW : 0;

	return spare < most ? spare : most;
}

/*
 * Done twice: at first without devices, which says whether the guest can be built at all; then with what they reach,
 * and what window their 64-bit BARs need. RAM is one file, populated meanwhile, wherever its parts will be.
 */
static int plan_layout(struct guest *guest, struct error *err)
{
	const struct launch_machine *config = guest->vm.config;
	struct layout_request request = {
		.ram_bytes = config->memory_bytes,
		.page_bytes = config->page_bytes,
		.port_count = config->port_count,
		.gpa_bits = guest->kvm.gpa_bits,
		.pci64_bytes = pci_bus_window64_bytes(&guest->vm.pci),
		.reachable = guest->assigned.reachable,
		.reachable_count = guest->assigned.reachable_count,
	};

	request.pci64_bytes += spare_window(guest);
	if (layout_plan(&request, &guest->vm.layout, err) == 0)
		return 0;
	request.pci64_bytes = pci_bus_window64_bytes(&guest->vm.pci);
	return layout_plan(&request, &guest->vm.layout, err);
}

static void *populate(void *opaque)
{
	struct guest *guest = opaque;

	guest_ram_populate(&guest->vm.ram, &guest->populate_error);
	guest->step[STEP_POPULATE] = step_ended(guest->step[STEP_POPULATE].start_ns, 0);
	return NULL;
}

static int start_populating(struct guest *guest, struct error *err)
{
	pthread_attr_t attr;
	int errnum;

	guest->step[STEP_POPULATE].start_ns = step_clock_ns();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, POPULATE_STACK);
	errnum = pthread_create(&guest->populate_thread, &attr, populate, guest);
	pthread_attr_destroy(&attr);
	if (errnum)
		return fail(err, errnum, "start the thread that populates guest memory");
	guest->populating = true;
	return 0;
}

static int finish_populating(struct guest *guest, struct error *err)
{
	if (!guest->populating)
		return 0;
	pthread_join(guest->populate_thread, NULL);
	guest->populating = false;
	if (!guest->populate_error.errnum)
		return 0;
	if (err)
		*err = guest->populate_error;
	return -guest->populate_error.errnum;
}

static int receive_devices(struct guest *guest, struct error *err)
{
	for (uint32_t i = 0; i < guest->vm.config->device_count; i++) {
		struct launch_message message;
		int ret = expect(guest, LAUNCH_DEVICE, &message, err);

		if (ret < 0)
			return ret;
		ret = assigned_add(&guest->assigned, &guest->vm, &message, err);
		launch_message_done(&message);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int receive_virtio(struct guest *guest, struct error *err)
{
	for (uint32_t i = 0; i < guest->vm.config->virtio_count; i++) {
		struct launch_message message;
		int ret = expect(guest, LAUNCH_VIRTIO, &message, err);

		if (ret < 0)
			return ret;
		ret = virtio_set_add(&guest->vm, &message, err);
		launch_message_done(&message);
		if (ret < 0)
			return ret;
	}
	return virtio_set_plug(&guest->vm, err);
}

static int receive_dma(struct guest *guest, struct error *err)
{
	struct launch_message message;
	int ret = expect(guest, LAUNCH_DMA, &message, err);

	if (ret < 0)
		return ret;
	ret = assigned_init(&guest->assigned, &message, err);
	launch_message_done(&message);
	return ret;
}

/* What begins now may take long: sluice shows it, and waits for it without a deadline where it cannot be hurried. */
static void begin(struct guest *guest, enum start_step step)
{
	const struct launch_message message = { .type = LAUNCH_STEP, .step.step = step };

	guest->step[step].start_ns = step_clock_ns();
	launch_send(guest->socket, &message, NULL);
}

static int map_memory(struct guest *guest, struct error *err)
{
	int ret;

	begin(guest, STEP_MAP);
	ret = assigned_map(&guest->assigned, &guest->vm, err);
	guest->step[STEP_MAP] = step_ended(guest->step[STEP_MAP].start_ns, guest->assigned.dma.map_calls);
	return ret;
}

static int wait_for_memory(struct guest *guest, struct error *err)
{
	const struct launch_message message = { .type = LAUNCH_STEP, .step.step = STEP_POPULATE };

	launch_send(guest->socket, &message, NULL);
	return finish_populating(guest, err);
}

static int receive_start(struct guest *guest, struct error *err)
{
	struct launch_message message;
	int ret = expect(guest, LAUNCH_START, &message, err);

	if (ret < 0)
		return ret;
	memcpy(guest->step, message.start.step, STEP_POPULATE * sizeof(guest->step[0]));
	return 0;
}

/*
 * Huge pages that were asked for are a file's: iommufd pins its folios as they are. All other memory is private, since
 * nothing shares it and hosts give large pages to that only (shmem_enabled is never by default): 2 MiB leaves in both
 * second levels are worth more than a file's faster pinning of 4 KiB pages.
 */
static int make_ram(struct guest *guest, struct error *err)
{
	const struct launch_machine *config = guest->vm.config;
	enum ram_kind kind = config->page_bytes == 4 * KIB ? RAM_PRIVATE : RAM_FILE;

	return guest_ram_init(&guest->vm.ram, kind, config->memory_bytes, config->page_bytes, err);
}

/* Before the first thread is started, and before anything is looked at that a guest or a device could have made. */
static int enter_cage(struct guest *guest, struct error *err)
{
	const struct cage_plan plan = {
		.uid = guest->vm.config->user,
		.gid = guest->vm.config->user,
		.walls = CAGE_ALL_WALLS,
		.launcher = guest->socket,
	};

	return cage_enter(&plan, &guest->cage, err);
}

/* The last wall; from here on the guest's image is read and its instructions run. */
static int lock_in(struct guest *guest, struct error *err)
{
	struct launch_message told = { .type = LAUNCH_CAGE };
	int ret = sandbox_enter(&guest->sandbox, guest->vm.config->flags & LAUNCH_HOTPLUG, err);

	if (ret < 0)
		return ret;
	guest->cage.missing[CAGE_CALLS] = sandbox_filters() ? 0 : ENOTSUP;
	told.cage = guest->cage;
	return launch_send(guest->socket, &told, err);
}

/* Memory and devices, up to the point where the guest could be powered on. */
static int prepare(struct guest *guest, struct error *err)
{
	struct vm *vm = &guest->vm;
	bool devices = vm->config->device_count > 0;
	int ret = pci_bus_init(&vm->pci, vm->config->port_count, err);

	if (ret == 0)
		ret = plan_layout(guest, err);
	if (ret == 0)
		ret = make_ram(guest, err);
	if (ret == 0)
		ret = enter_cage(guest, err);
	if (ret == 0 && devices)
		ret = start_populating(guest, err);
	if (ret == 0)
		ret = receive_virtio(guest, err);
	if (ret == 0 && devices)
		ret = receive_dma(guest, err);
	if (ret == 0)
		ret = receive_devices(guest, err);
	if (ret == 0)
		ret = plan_layout(guest, err);
	if (ret == 0)
		ret = guest_ram_place(&vm->ram, &vm->layout, err);
	if (ret == 0)
		ret = receive_start(guest, err);
	if (ret == 0 && devices)
		ret = wait_for_memory(guest, err);
	if (ret == 0 && devices)
		ret = map_memory(guest, err);
	return ret;
}

static void on_running(void *opaque)
{
	struct guest *guest = opaque;
	const struct launch_message running = { .type = LAUNCH_RUNNING };
	struct step_time *last = &guest->step[STEP_POWER_ON];

	if (!last->ns)
		*last = step_ended(last->start_ns, 0);
	/* When it cannot be sent sluice is gone, which the loop notices by itself. */
	launch_send(guest->socket, &running, NULL);
}

static void add_status(void *opaque, struct control_status *status)
{
	const struct guest *guest = opaque;

	memcpy(status->step, guest->step, sizeof(status->step));
	assigned_status(&guest->assigned, status);
}

static int watch(struct guest *guest, struct error *err)
{
	struct vm *vm = &guest->vm;
	int ret = watch_signals(guest, err);

	if (ret == 0)
		ret = loop_add(&vm->loop, guest->socket, EPOLLIN | EPOLLRDHUP, on_launcher, guest, err);
	if (ret == 0)
		ret = vcpu_prepare_signal(err);
	if (ret == 0)
		ret = hotplug_init(&guest->hotplug, vm, &guest->assigned, guest->socket, err);
	if (ret == 0)
		ret = assigned_watch(&guest->assigned, vm, err);
	vm->status_more = add_status;
	vm->status_opaque = guest;
	vm->on_running = on_running;
	vm->running_opaque = guest;
	return ret;
}

/* Power on, run, off; again for as long as the guest asks for a reset. */
static enum vm_end run(struct guest *guest, struct error *err)
{
	struct vm *vm = &guest->vm;
	enum vm_end how;

	for (;;) {
		if (vm_power_on(vm, err) < 0)
			return VM_END_FAILED;
		how = vm_run(vm);
		*err = vm->end_error;
		vm_power_off(vm);
		if (how != VM_END_RESET)
			return how;
		vm->resets++;
	}
}

static enum vm_end guest_run(struct guest *guest, struct error *err)
{
	int ret = receive_machine(guest, err);

	if (ret == 0)
		ret = prepare(guest, err);
	if (ret == 0)
		ret = watch(guest, err);
	if (ret == 0)
		ret = lock_in(guest, err);
	if (ret < 0)
		return VM_END_FAILED;
	guest->vm.sandbox = guest->sandbox;
	begin(guest, STEP_POWER_ON);
	return run(guest, err);
}

static void guest_done(struct guest *guest)
{
	struct vm *vm = &guest->vm;

	finish_populating(guest, NULL);
	if (vm->console)
		console_flush(vm->console, CONSOLE_FLUSH_MS);
	control_server_free(guest->control);
	console_free(take_ptr(vm->console));
	loop_remove(&vm->loop, guest->socket);
	loop_remove(&vm->loop, guest->signal_fd);
	hotplug_done(&guest->hotplug);
	/* Devices go before the memory that they reach. */
	assigned_done(&guest->assigned, vm);
	pci_bus_done(&vm->pci);
	virtio_set_done(vm);
	vm_done(vm);
	kvm_host_done(&guest->kvm);
	launch_message_done(&guest->machine);
	close_fd(&guest->signal_fd);
	sandbox_free(guest->sandbox);
}

static int report(const struct guest *guest, enum vm_end how, const struct error *err)
{
	const struct launch_message ended = {
		.type = LAUNCH_ENDED,
		.ended = { .how = how, .resets = guest->vm.resets, .error = *err },
	};

	launch_send(guest->socket, &ended, NULL);
	return how == VM_END_POWEROFF || how == VM_END_KILLED ? 0 : 1;
}

static int serve(void)
{
	struct guest guest = { .socket = LAUNCH_SOCKET_FD, .signal_fd = -1 };
	struct error err = { 0 };
	enum vm_end how = VM_END_FAILED;
	uint64_t start_ns = start_of_process();

	/* An arena for each thread would cost memory, and grow by a system call that vCPU threads may not make. */
	mallopt(M_ARENA_MAX, 1);
	assigned_prepare(&guest.assigned);
	if (vm_init(&guest.vm, &err) == 0) {
		guest.vm.start_ns = start_ns;
		how = guest_run(&guest, &err);
	}
	/* Before it is said that the guest has ended, its devices are closed: sluice gives them back at once. */
	guest_done(&guest);
	return report(&guest, how, &err);
}

static bool has_launcher(void)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(LAUNCH_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	if (argc == 2 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		printf("sluice-vmm (sluice), launch protocol %d%s\n", LAUNCH_VERSION,
			sandbox_filters() ? "" : ", built with sanitizers: no system call filter");
		return 0;
	}
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("usage: sluice-vmm\n\nRuns one guest. `sluice run` starts it and hands it everything it needs "
		       "over descriptor %d;\n"
		       "it has no options of its own. -V, --version shows its version.\n",
			LAUNCH_SOCKET_FD);
		return 0;
	}
	if (argc > 1 || !has_launcher()) {
		fprintf(stderr, "sluice-vmm: error: not started by sluice\nhint: `sluice run` starts guests, see "
				"sluice run --help\n");
		return EXIT_USAGE;
	}
	if (!sandbox_filters())
		fprintf(stderr, "sluice-vmm: built with sanitizers: the guest's process filters no system calls\n");
	return serve();
}
