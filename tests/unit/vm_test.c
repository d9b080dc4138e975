// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmm-core/vm*.c, vcpu*.c, control.c, console.c with this machine's KVM and guests of a few instructions: every way in
 * which a run ends, reboot, pause, the control socket and its bad clients, console output. Skipped without a usable
 * /dev/kvm.
 */
#include "vmm-core/vm.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "vmm-core/control_server.h"
#include "vmm-core/device/console.h"
#include "vmm-core/device/serial.h"
#include "vmm-core/kvm.h"
#include "vmm-core/vcpu.h"
#include "wire/control.h"

#define ENTRY (16 * MIB)
#define CODE(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

struct machine {
	struct vm vm;
	struct kvm_host kvm;
	struct launch_machine config;
	struct control_server *control;
	int console, listener; /* our ends */
	struct sockaddr_un address;
	socklen_t address_size;
	enum vm_end how;
};

static int kernel_of(const uint8_t *code, size_t size)
{
	struct {
		Elf64_Ehdr ehdr;
		Elf64_Phdr phdr[2];
		uint32_t note[5];
		uint8_t code[512];
	} image = { 0 };
	int fd = memfd_create("kernel", MFD_CLOEXEC);
	const uint32_t note[5] = { 4, 4, 18, 0x006e6558, (uint32_t)ENTRY };

	memcpy(image.ehdr.e_ident, ELFMAG, SELFMAG);
	image.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	image.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	image.ehdr.e_machine = EM_X86_64;
	image.ehdr.e_phoff = offsetof(typeof(image), phdr);
	image.ehdr.e_phentsize = sizeof(image.phdr[0]);
	image.ehdr.e_phnum = 2;
	image.phdr[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
		.p_offset = offsetof(typeof(image), code),
		.p_paddr = ENTRY,
		.p_filesz = sizeof(image.code),
		.p_memsz = sizeof(image.code) };
	image.phdr[1] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = offsetof(typeof(image), note), .p_filesz = sizeof(note), .p_align = 4
	};
	memcpy(image.note, note, sizeof(note));
	memset(image.code, 0xf4, sizeof(image.code));
	memcpy(image.code, code, size);
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	return fd;
}

static bool usable_kvm(void)
{
	cleanup_close int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct kvm_host host;

	if (fd < 0 || kvm_host_init(&host, fd, NULL) < 0)
		return false;
	kvm_host_done(&host);
	return true;
}

static void add_sockets(struct machine *m)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct console_ends ends = { .in = -1, .out = -1, .listen = -1 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	m->console = pair[0];
	ends.in = pair[1];
	ends.out = dup(pair[1]);
	assert_int_equal(console_new(&m->vm.console, &m->vm, &ends, NULL), 0);
	m->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(m->listener, (struct sockaddr *)&name, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(m->listener, 20), 0);
	m->address_size = sizeof(m->address);
	assert_int_equal(getsockname(m->listener, (struct sockaddr *)&m->address, &m->address_size), 0);
	assert_int_equal(control_server_new(&m->control, &m->vm, m->listener, NULL), 0);
}

static struct machine *new_machine(const uint8_t *code, size_t size, unsigned int cpus)
{
	struct machine *m = calloc(1, sizeof(*m));
	const struct layout_request plan = { .ram_bytes = 32 * MIB, .page_bytes = 4 * KIB, .gpa_bits = 36 };

	if (!usable_kvm()) {
		free(m);
		print_message("no usable /dev/kvm here\n");
		skip();
	}
	m->config = (struct launch_machine){
		.name = "test", .cpus = cpus, .cpu.shape = { 1, cpus, 1 }, .memory_bytes = 32 * MIB, .page_bytes = 4096
	};
	assert_int_equal(vm_init(&m->vm, NULL), 0);
	m->vm.config = &m->config;
	m->vm.kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	assert_int_equal(kvm_host_init(&m->kvm, m->vm.kvm_fd, NULL), 0);
	m->vm.kvm = &m->kvm;
	m->vm.kernel_fd = kernel_of(code, size);
	m->vm.start_ns = vm_now_ns();
	assert_int_equal(layout_plan(&plan, &m->vm.layout, NULL), 0);
	assert_int_equal(guest_ram_init(&m->vm.ram, RAM_PRIVATE, plan.ram_bytes, 4 * KIB, NULL), 0);
	assert_int_equal(guest_ram_place(&m->vm.ram, &m->vm.layout, NULL), 0);
	assert_int_equal(pci_bus_init(&m->vm.pci, 0, NULL), 0);
	assert_int_equal(vcpu_prepare_signal(NULL), 0);
	add_sockets(m);
	return m;
}

static void free_machine(struct machine *m)
{
	control_server_free(m->control);
	console_free(m->vm.console);
	pci_bus_done(&m->vm.pci);
	close_fd(&m->vm.kernel_fd);
	close_fd(&m->vm.kvm_fd);
	kvm_host_done(&m->kvm);
	vm_done(&m->vm);
	close_fd(&m->console);
	free(m);
}

static enum vm_end run_once(struct machine *m)
{
	struct error err = { 0 };

	if (vm_power_on(&m->vm, &err) < 0)
		fail_msg("%s", err.msg);
	m->how = vm_run(&m->vm);
	vm_power_off(&m->vm);
	return m->how;
}

static void ends(void **state)
{
	const struct {
		const uint8_t *code;
		size_t size;
		enum vm_end how;
		const char *message;
	} cases[] = {
		/* mov $0x34,%al; mov $0x604,%dx; out %al,(%dx): S5 */
		{ CODE(0xb0, 0x34, 0x66, 0xba, 0x04, 0x06, 0xee), VM_END_POWEROFF, "" },
		/* mov $1,%al; mov $0x60c,%dx; out %al,(%dx): the ACPI reset register */
		{ CODE(0xb0, 0x01, 0x66, 0xba, 0x0c, 0x06, 0xee), VM_END_RESET, "" },
		/* mov $0xfe,%al; out %al,$0x64 */
		{ CODE(0xb0, 0xfe, 0xe6, 0x64), VM_END_RESET, "" },
		/* ud2 without interrupt table: triple fault */
		{ CODE(0x0f, 0x0b), VM_END_CRASH, "vCPU 0" },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		struct machine *m = new_machine(cases[i].code, cases[i].size, 1);

		assert_int_equal(run_once(m), cases[i].how);
		assert_non_null(strstr(m->vm.end_error.msg, cases[i].message));
		if (cases[i].how == VM_END_CRASH)
			assert_int_equal(m->vm.end_error.code, CODE_GUEST_CRASHED);
		free_machine(m);
	}
}

static void read_console(struct machine *m, const char *wanted)
{
	char text[64] = "";
	size_t count = 0;
	struct pollfd ready = { .fd = m->console, .events = POLLIN };

	console_flush(m->vm.console, 1000);
	while (count < strlen(wanted) && poll(&ready, 1, 1000) == 1) {
		ssize_t got = read(m->console, text + count, sizeof(text) - 1 - count);

		assert_true(got > 0);
		count += (size_t)got;
	}
	assert_string_equal(text, wanted);
}

/* Writes to the console, then asks for a reset: each run is a new machine over the same memory. */
static void reboots(void **state)
{
	/* incb 0x1800000 (beyond the image); mov it to %al; out to 0x3f8; pulse reset */
	struct machine *m = new_machine(CODE(0xfe, 0x05, 0x00, 0x00, 0x80, 0x01, 0xa0, 0x00, 0x00, 0x80, 0x01, 0x66,
						0xba, 0xf8, 0x03, 0xee, 0xb0, 0xfe, 0xe6, 0x64),
		1);

	(void)state;
	memset(guest_ptr(&m->vm.ram, gpa(0x1800000), 1), 'A' - 1, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(run_once(m), VM_END_RESET);
	read_console(m, "ABC");
	free_machine(m);
}

static void *run_thread(void *opaque)
{
	struct machine *m = opaque;

	m->how = vm_run(&m->vm);
	return NULL;
}

static int connect_control(const struct machine *m)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&m->address, m->address_size), 0);
	return fd;
}

static void bad_clients(const struct machine *m, int *fd, size_t count)
{
	struct control_request odd = { .version = LAUNCH_VERSION + 1, .op = CONTROL_STATUS };

	for (size_t i = 0; i < count; i++) {
		fd[i] = connect_control(m);
		if (i % 4 == 1)
			assert_int_equal(send(fd[i], "x", 1, 0), 1);
		if (i % 4 == 2)
			assert_int_equal(send(fd[i], &odd, sizeof(odd), 0), sizeof(odd));
		if (i % 4 == 3)
			close_fd(&fd[i]);
	}
}

static void control(void **state)
{
	/* 1: inc %ecx; out %al,$0x80; jmp 1b */
	struct machine *m = new_machine(CODE(0x41, 0xe6, 0x80, 0xeb, 0xfb), 2);
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer)), *later = calloc(1, sizeof(*later));
	int bad[20], client, *fds = bad;
	pthread_t thread;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(vm_power_on(&m->vm, &err), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_thread, m), 0);
	bad_clients(m, fds, array_size(bad));
	client = connect_control(m);
	assert_int_equal(control_call(client, CONTROL_STATUS, 5000, answer, &err), 0);
	assert_int_equal(answer->status.cpus, 2);
	assert_int_equal(answer->status.slot_count, 1);
	assert_int_equal(answer->status.slot[0].bytes, 32 * MIB);
	assert_int_equal(control_call(client, CONTROL_POWER_BUTTON, 5000, answer, &err), -EAGAIN);
	assert_int_equal(err.code, CODE_GUEST_DEAF);
	assert_int_equal(control_call(client, CONTROL_OP_COUNT, 5000, answer, &err), -EINVAL);

	for (int i = 0; i < 20; i++) {
		assert_int_equal(control_call(client, CONTROL_PAUSE, 5000, answer, &err), 0);
		assert_int_equal(control_call(client, CONTROL_STATUS, 5000, answer, &err), 0);
		assert_int_equal(answer->status.state, GUEST_PAUSED);
		poll(NULL, 0, 2);
		assert_int_equal(control_call(client, CONTROL_STATUS, 5000, later, &err), 0);
		assert_int_equal(answer->status.vcpu[0].user_exits, later->status.vcpu[0].user_exits);
		assert_int_equal(control_call(client, CONTROL_RESUME, 5000, answer, &err), 0);
		poll(NULL, 0, 2);
	}
	assert_int_equal(control_call(client, CONTROL_STATUS, 5000, answer, &err), 0);
	assert_true(answer->status.vcpu[0].user_exits > later->status.vcpu[0].user_exits);
	assert_int_equal(answer->status.slot_changes_while_running, 0);
	assert_int_equal(control_call(client, CONTROL_POWER_OFF, 5000, answer, &err), 0);
	pthread_join(thread, NULL);
	assert_int_equal(m->how, VM_END_KILLED);
	vm_power_off(&m->vm);
	for (size_t i = 0; i < array_size(bad); i++)
		close_fd(&bad[i]);
	close_fd(&client);
	free_machine(m);
}

/* An end that is asked for before the guest runs holds; a reset gives way to it. */
static void early_end(void **state)
{
	struct machine *m = new_machine(CODE(0xeb, 0xfe), 1);
	struct error why = { .errnum = EIO, .msg = "device gone" };

	(void)state;
	vm_end(&m->vm, VM_END_RESET, NULL);
	vm_end(&m->vm, VM_END_CRASH, &why);
	vm_end(&m->vm, VM_END_KILLED, NULL);
	assert_int_equal(run_once(m), VM_END_CRASH);
	assert_string_equal(m->vm.end_error.msg, "device gone");
	free_machine(m);
}

/* What is typed reaches the guest: it echoes one byte, then switches off. */
static void console_input(void **state)
{
	/* 1: mov $0x3fd,%dx; in (%dx),%al; test $1,%al; jz 1b; mov $0x3f8,%dx; in; out; S5 */
	struct machine *m = new_machine(CODE(0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf7, 0x66, 0xba, 0xf8,
						0x03, 0xec, 0xee, 0xb0, 0x34, 0x66, 0xba, 0x04, 0x06, 0xee),
		1);

	(void)state;
	assert_int_equal(write(m->console, "q", 1), 1);
	assert_int_equal(run_once(m), VM_END_POWEROFF);
	read_console(m, "q");
	free_machine(m);
}

/* Nobody reads, and the guest writes more than the ring holds: it goes on, and the last bytes are there. */
static void console_overflow(void **state)
{
	/* mov $200000,%ecx; mov $0x3f8,%dx; 1: mov %cl,%al; out; loop 1b; S5 */
	struct machine *m = new_machine(CODE(0xb9, 0x40, 0x0d, 0x03, 0x00, 0x66, 0xba, 0xf8, 0x03, 0x88, 0xc8, 0xee,
						0xe2, 0xfb, 0xb0, 0x34, 0x66, 0xba, 0x04, 0x06, 0xee),
		1);
	uint8_t buf[4096], last = 0;
	ssize_t got;

	(void)state;
	assert_int_equal(run_once(m), VM_END_POWEROFF);
	for (int i = 0; i < 1000; i++) {
		console_flush(m->vm.console, 0);
		got = recv(m->console, buf, sizeof(buf), MSG_DONTWAIT);
		if (got <= 0)
			break;
		last = buf[got - 1];
	}
	assert_int_equal(last, 1);
	free_machine(m);
}

static void refusals(void **state)
{
	struct machine *m = new_machine(CODE(0xf4), 1);
	struct error err = { 0 };

	(void)state;
	m->kvm.vcpu_max = 0;
	assert_true(vm_power_on(&m->vm, &err) < 0);
	assert_int_equal(m->vm.vm_fd, -1);
	m->kvm.vcpu_max = 4;
	assert_int_equal(ftruncate(m->vm.kernel_fd, 100), 0);
	assert_true(vm_power_on(&m->vm, &err) < 0);
	assert_int_equal(err.code, CODE_BAD_IMAGE);
	assert_int_equal(m->vm.vm_fd, -1);
	assert_null(m->vm.serial);
	free_machine(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(reboots),
		cmocka_unit_test(control),
		cmocka_unit_test(early_end),
		cmocka_unit_test(console_input),
		cmocka_unit_test(console_overflow),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
