// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice run`: one guest, in the foreground with its console on this terminal, or detached. The process that runs it
 * (this one, or with --detach a child in a session of its own) stays until the guest has ended, and gives its devices
 * back.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/device_argument.h"
#include "cli/record_note.h"
#include "cli/start_table.h"
#include "cli/terminal.h"
#include "guest/control.h"
#include "guest/cpu_options.h"
#include "guest/end.h"
#include "guest/supervise.h"
#include "pci/range.h"

enum {
	CONSOLE_DEFAULT,
	CONSOLE_STDIO,
	CONSOLE_SOCKET,
};

#define MEBIBYTE (1ull << 20)

struct run_options {
	const char *name, *kernel, *initrd, *cmdline, *vf_token, *rules, *cpu, *topology;
	uint64_t memory, cpus, hotplug, dma_fd;
	int hugepages, console, backend;
	struct option_list disks, nets, devices, no_reset, unclean, bypass;
	bool rng, unsafe_interrupts, detach;
};

static const char *const hugepage_choices[] = { "none", "2M", "1G", NULL };
static const uint64_t hugepage_bytes[] = { 4096, 2 * MEBIBYTE, 1024 * MEBIBYTE };
static const char *const backend_choices[] = { "auto", "iommufd", "type1", NULL };
static const enum vfio_choice backends[] = { VFIO_CHOICE_AUTO, VFIO_CHOICE_IOMMUFD, VFIO_CHOICE_TYPE1 };
static const char *const console_choices[] = { "auto", "stdio", "socket", NULL };

#define RUN(member) offsetof(struct run_options, member)
static const struct option_row options[] = {
	{ "name", 0, "NAME", "name of the guest (default: guest1, guest2, ...)", OPTION_TEXT, RUN(name), 0, 0, NULL },
	{ "kernel", 0, "FILE", "Linux bzImage, or an ELF kernel with a PVH entry", OPTION_TEXT, RUN(kernel), 0, 0,
		NULL },
	{ "initrd", 0, "FILE", "initial RAM disk", OPTION_TEXT, RUN(initrd), 0, 0, NULL },
	{ "cmdline", 0, "TEXT", "kernel command line (default: console=ttyS0)", OPTION_TEXT, RUN(cmdline), 0, 0, NULL },
	{ "memory", 'm', "SIZE", "guest memory (default: 512M)", OPTION_SIZE, RUN(memory), 16 * MEBIBYTE, 16ull << 40,
		NULL },
	{ "hugepages", 0, "2M|1G", "take memory from the host's reserved huge pages", OPTION_CHOICE, RUN(hugepages), 0,
		0, hugepage_choices },
	{ "cpus", 'c', "N", "number of vCPUs (default: 1, or what --topology has)", OPTION_NUMBER, RUN(cpus), 1,
		VCPU_MAX, NULL },
	{ "topology", 0, "LIST",
		"how they are arranged: sockets=N,cores=N,threads=N (default: one socket, one thread a core)",
		OPTION_TEXT, RUN(topology), 0, 0, NULL },
	{ "cpu", 0, "MODEL", "host, less what is named: host,-avx2,-rtm (names as in /proc/cpuinfo)", OPTION_TEXT,
		RUN(cpu), 0, 0, NULL },
	{ "disk", 0, "FILE[,ro][,raw][,serial=S]",
		"a raw image or block device as a virtio disk, read-only with ro, with raw whatever it begins "
		"with; repeatable, in the order in which the guest finds them",
		OPTION_LIST, RUN(disks), 0, 0, NULL },
	{ "net", 0, "tap=IF[,mac=M][,vhost=on|off]",
		"a virtio network card on this tap interface of the host, by vhost-net where the host has that; "
		"repeatable",
		OPTION_LIST, RUN(nets), 0, 0, NULL },
	{ "rng", 0, NULL, "a virtio source of the host's random numbers", OPTION_FLAG, RUN(rng), 0, 0, NULL },
	{ "device", 'd', "DEVICE",
		"give this device to the guest; repeatable. DEVICE,err=replug|unplug|stop: what a PCI Express error of "
		"it means "
		"to the guest (default: replug); DEVICE,fd=N: by the open descriptor N of its VFIO node, or of its "
		"group's; "
		"DEVICE,mac=ADDRESS|stable|random|keep: of a VF, while the guest has it (default: what it has, else "
		"stable); DEVICE,rom=FILE or DEVICE,rom=off: with another expansion ROM than its own, or none",
		OPTION_LIST, RUN(devices), 0, 0, NULL },
	{ "dma-backend", 0, "auto|iommufd|type1",
		"how devices are opened: iommufd and each device's node, or a VFIO container and groups (default: "
		"iommufd where this kernel has it)",
		OPTION_CHOICE, RUN(backend), 0, 0, backend_choices },
	{ "dma-fd", 0, "N",
		"the open descriptor of /dev/iommu or of a VFIO container to use, by whoever may not open it",
		OPTION_NUMBER, RUN(dma_fd), 3, INT_MAX, NULL },
	{ "vf-token", 0, "UUID",
		"what the kernel asks of VFs whose PF is with VFIO too, and sets for a PF that is given to a guest",
		OPTION_TEXT, RUN(vf_token), 0, 0, NULL },
	{ "device-rules", 0, "FILE",
		"what of devices' configuration spaces their guest sees, otherwise than sluice would have it",
		OPTION_TEXT, RUN(rules), 0, 0, NULL },
	{ "hotplug", 0, "N", "slots kept free for devices that come later, by 'sluice attach' (default: 0)",
		OPTION_NUMBER, RUN(hotplug), 0, GUEST_DEVICE_MAX, NULL },
	{ "console", 0, "stdio|socket", "serial console here, or for 'sluice console NAME'", OPTION_CHOICE,
		RUN(console), 0, 0, console_choices },
	{ "detach", 0, NULL, "return when the guest runs", OPTION_FLAG, RUN(detach), 0, 0, NULL },
	{ "allow-no-reset", 0, "DEVICE",
		"accept this device although it cannot be reset, also not at the guest's reboot; repeatable",
		OPTION_LIST, RUN(no_reset), 0, 0, NULL },
	{ "allow-unclean", 0, "DEVICE", "accept this device although its last reset failed; repeatable", OPTION_LIST,
		RUN(unclean), 0, 0, NULL },
	{ "allow-iommu-bypass", 0, "DEVICE",
		"accept this virtio device although its DMA may not go through the IOMMU; repeatable", OPTION_LIST,
		RUN(bypass), 0, 0, NULL },
	{ "allow-unsafe-interrupts", 0, NULL, "accept an IOMMU that does not remap interrupts", OPTION_FLAG,
		RUN(unsafe_interrupts), 0, 0, NULL },
	{ NULL },
};

static int take_names(const struct option_list *list, const char **ret_names, size_t *ret_count, const char *option,
	struct error *err)
{
	if (list->count > GUEST_DEVICE_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "%s: at most %d devices", option, GUEST_DEVICE_MAX);
	for (size_t i = 0; i < list->count; i++)
		ret_names[i] = list->item[i];
	*ret_count = list->count;
	return 0;
}

static int add_device(const struct device_argument *one, const char *name, struct device_argument *arguments,
	struct guest_spec *spec, struct error *err)
{
	struct device_argument *argument = &arguments[spec->device_count];

	if (spec->device_count == GUEST_DEVICE_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "--device: at most %d devices", GUEST_DEVICE_MAX);
	*argument = *one;
	if (!text_copy(argument->device, sizeof(argument->device), name))
		return fail_code(err, CODE_USAGE, E2BIG, "--device '%s' is too long", name);
	spec->device_name[spec->device_count] = argument->device;
	spec->rom_file[spec->device_count] = one->rom;
	spec->rom_off[spec->device_count] = one->rom_off;
	spec->on_error[spec->device_count] = one->on_error;
	spec->vf[spec->device_count] = one->has_vf ? &argument->vf : NULL;
	spec->device_fd[spec->device_count] = one->fd;
	spec->device_count++;
	return 0;
}

/* One argument, which may be a range of VFs. */
static int take_device(const struct device_argument *one, struct device_argument *arguments, struct guest_spec *spec,
	struct error *err)
{
	struct pci_range range;
	char name[PCI_RANGE_NAME_MAX];
	int ret = pci_range_parse(one->device, &range, err);

	if (ret <= 0)
		return ret < 0 ? ret : add_device(one, one->device, arguments, spec, err);
	if (one->fd && range.count > 1)
		return fail_code(err, CODE_USAGE, EINVAL, "--device '%s': a descriptor is one device's", one->device);
	if (one->vf.has_mac && range.count > 1) {
		fail_code(err, CODE_USAGE, EINVAL, "--device '%s': an address is one VF's", one->device);
		return fail_hint(err, "mac=stable gives each its own");
	}
	ret = 0;
	for (size_t i = 0; !ret && i < range.count; i++)
		ret = add_device(one, pci_range_name(&range, i, name), arguments, spec, err);
	return ret;
}

/* arguments hold the names, and live as long as the spec. */
static int take_devices(
	const struct option_list *list, struct device_argument *arguments, struct guest_spec *spec, struct error *err)
{
	int ret = 0;

	spec->device_count = 0;
	for (size_t i = 0; i < list->count && ret == 0; i++) {
		struct device_argument one;

		ret = device_argument_parse(list->item[i], &one, err);
		if (!ret)
			ret = take_device(&one, arguments, spec, err);
	}
	return ret;
}

static int take_disks(const struct option_list *list, struct guest_spec *spec, struct error *err)
{
	int ret = 0;

	if (list->count > LIMIT_DISKS)
		return fail_code(err, CODE_USAGE, E2BIG, "--disk: at most %d disks", LIMIT_DISKS);
	for (size_t i = 0; i < list->count && ret == 0; i++)
		ret = guest_disk_parse(list->item[i], &spec->disk[i], err);
	spec->disk_count = list->count;
	return ret < 0 ? fail_in(err, "--disk") : 0;
}

static int take_nets(const struct option_list *list, struct guest_spec *spec, struct error *err)
{
	int ret = 0;

	if (list->count > LIMIT_NETS)
		return fail_code(err, CODE_USAGE, E2BIG, "--net: at most %d network cards", LIMIT_NETS);
	for (size_t i = 0; i < list->count && ret == 0; i++)
		ret = guest_net_parse(list->item[i], &spec->net[i], err);
	spec->net_count = list->count;
	return ret < 0 ? fail_in(err, "--net") : 0;
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

static int make_spec(const struct run_options *run, struct device_argument *arguments, struct guest_spec *ret_spec,
	struct error *err)
{
	struct guest_spec spec = {
		.kernel = run->kernel,
		.initrd = run->initrd,
		.cmdline = run->cmdline,
		.memory_bytes = run->memory,
		.page_bytes = hugepage_bytes[run->hugepages],
		.cpus = (uint32_t)run->cpus,
		.rng = run->rng,
		.unsafe_interrupts_ok = run->unsafe_interrupts,
		.free_ports = (uint32_t)run->hotplug,
		.dma_fd = (int)run->dma_fd,
		.backend = backends[run->backend],
		.vf_token = run->vf_token,
		.console_socket = run->detach || run->console == CONSOLE_SOCKET,
		.console_in = -1,
		.console_out = -1,
	};
	int ret;

	if (!run->kernel) {
		fail_code(err, CODE_USAGE, EINVAL, "run needs --kernel FILE");
		return fail_hint(err, "for example: sluice run --kernel /boot/vmlinuz-VERSION --initrd FILE");
	}
	if (run->name && !text_is_name(run->name)) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' cannot be a guest's name", run->name);
		return fail_hint(
			err, "letters, digits, '.', '_' and '-', at most 31, beginning with a letter or digit");
	}
	if (run->vf_token && !is_uuid(run->vf_token)) {
		fail_code(err, CODE_USAGE, EINVAL, "--vf-token: '%s' is no UUID", run->vf_token);
		return fail_hint(err, "cat /proc/sys/kernel/random/uuid makes one");
	}
	if (run->detach && run->console == CONSOLE_STDIO)
		return fail_code(err, CODE_USAGE, EINVAL, "--detach leaves this terminal: --console stdio cannot be");
	if (run->name)
		text_copy(spec.name, sizeof(spec.name), run->name);
	ret = cpu_options_parse(run->cpu, run->topology, &spec.cpus, &spec.cpu, err);
	if (ret == 0)
		ret = take_disks(&run->disks, &spec, err);
	if (ret == 0)
		ret = take_nets(&run->nets, &spec, err);
	if (ret == 0)
		ret = take_devices(&run->devices, arguments, &spec, err);
	if (ret < 0)
		return ret;
	ret = take_names(&run->no_reset, spec.no_reset_name, &spec.no_reset_ok_count, "--allow-no-reset", err);
	if (ret < 0)
		return ret;
	ret = take_names(&run->unclean, spec.unclean_name, &spec.unclean_ok_count, "--allow-unclean", err);
	if (ret < 0)
		return ret;
	ret = take_names(&run->bypass, spec.bypass_name, &spec.bypass_ok_count, "--allow-iommu-bypass", err);
	if (ret < 0)
		return ret;
	*ret_spec = spec;
	return 0;
}

/* The end of the guest, then of what it held: the guest's own error is the one to report. */
static int finish(
	struct supervisor *supervisor, const char *name, const struct launch_ended *ended, int ret, struct error *err)
{
	struct error giving_back;
	int finished = guest_finish(&supervisor->run, &giving_back);

	if (ret >= 0)
		ret = guest_end_judge(name, supervisor->run.spec, ended, err);
	if (ret >= 0 && finished < 0) {
		*err = giving_back;
		ret = fail_in(err, "guest '%s' has ended, but", name);
	}
	return ret;
}

struct pipes {
	int in[2], out[2]; /* [0] read, [1] write; -1 when closed */
};

static void close_pipes(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&pipes->in[i]);
		close_fd(&pipes->out[i]);
	}
}

/*
 * Pipes between sluice-vmm and this terminal: with the terminal itself in its hands, a guest that has taken it over
 * could type on it (TIOCSTI), and ^] could not be seen here.
 */
static int open_console(struct supervisor *supervisor, struct guest_spec *spec, struct pipes *pipes, struct error *err)
{
	if (pipe2(pipes->in, O_CLOEXEC) || pipe2(pipes->out, O_CLOEXEC) || fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) ||
		fcntl(pipes->out[0], F_SETFL, O_NONBLOCK))
		return fail(err, errno, "make the console's pipes");
	spec->console_in = pipes->in[0];
	spec->console_out = pipes->out[1];
	supervisor->input.from = STDIN_FILENO;
	supervisor->input.to = take_fd(&pipes->in[1]);
	supervisor->input.escapes = isatty(STDIN_FILENO);
	supervisor->output.from = pipes->out[0];
	supervisor->output.to = STDOUT_FILENO;
	return 0;
}

/* What was accepted, by name. */
static void say_no_reset(const struct cli *cli, const struct guest_run *guest)
{
	const struct guest_spec *spec = guest->spec;

	for (size_t i = 0; i < spec->device_count && !cli->quiet; i++) {
		const struct pci_device *device = pci_inventory_find(&guest->host->pci, spec->device[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (device && device->reset_known && !device->reset_count)
			fprintf(stderr,
				"sluice: note: %s cannot be reset: the guest finds in it what was left there, and when "
				"the guest "
				"reboots, the device stays as it is\n",
				pci_addr_text(device->addr, name));
	}
}

/* The terminal may be raw by now. */
static const char *line_end(void)
{
	return isatty(STDERR_FILENO) ? "\r\n" : "\n";
}

/* A start that takes long is no start that hangs. */
static void say_wait(const struct supervisor *supervisor, unsigned int seconds)
{
	fprintf(stderr, "sluice: guest '%s' is being started: %s, for %u s%s", supervisor->run.dir.name,
		guest_step_text(supervisor->run.info.step), seconds, line_end());
}

/* --verbose: what the start's time went into. */
static void say_steps(const struct cli *cli, const struct sysroot *root, const char *name)
{
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	struct start_row rows[STEP_COUNT];
	size_t count;

	if (!cli->verbose || !answer || guest_control(root, name, CONTROL_STATUS, answer, NULL) < 0)
		return;
	count = start_rows(&answer->status, rows);
	for (size_t i = 0; i < count; i++) {
		fprintf(stderr, "sluice: start: %-10s at %8.1f ms, took %8.1f ms", rows[i].step, rows[i].at_ms,
			rows[i].ms);
		if (rows[i].counts)
			fprintf(stderr, ", %llu calls", (unsigned long long)rows[i].calls);
		fputs(line_end(), stderr);
	}
}

static int run_foreground(const struct cli *cli, const struct sysroot *root, struct guest_spec *spec, struct error *err)
{
	cleanup(supervisor_done) struct supervisor supervisor;
	cleanup(close_pipes) struct pipes pipes = { { -1, -1 }, { -1, -1 } };
	cleanup(terminal_restore) struct terminal terminal = { .fd = -1 };
	struct launch_ended ended;
	char name[GUEST_NAME_SIZE];
	int ret = supervisor_init(&supervisor, err);

	if (!ret && !spec->console_socket)
		ret = open_console(&supervisor, spec, &pipes, err);
	if (!ret)
		ret = guest_start(&supervisor.run, root, spec, err);
	if (ret < 0)
		return ret;
	text_copy(name, sizeof(name), supervisor.run.dir.name);
	say_no_reset(cli, &supervisor.run);
	close_fd(&pipes.in[0]);
	close_fd(&pipes.out[1]);
	if (!spec->console_socket && isatty(STDIN_FILENO) && !cli->quiet)
		fprintf(stderr, "sluice: guest '%s' starts; ^] presses its power button, again pulls the plug\n", name);
	if (!spec->console_socket)
		terminal_make_raw(&terminal, STDIN_FILENO);
	if (!cli->quiet)
		supervisor.on_wait = say_wait;
	ret = supervisor_wait_running(&supervisor, &ended, err);
	if (!ret && supervisor.running)
		say_steps(cli, root, name);
	if (!ret && supervisor.running)
		ret = supervisor_wait_ended(&supervisor, &ended, err);
	terminal_restore(&terminal);
	close_fd(&supervisor.input.to);
	if (!ret)
		record_note(cli, &supervisor.run.record);
	return finish(&supervisor, name, &ended, ret, err);
}

/* What the supervisor of a detached guest tells the process that was typed. */
struct detached_report {
	int ret;
	pid_t pid;
	char name[GUEST_NAME_SIZE];
	struct record_kept record;
	struct error err;
};

static void __attribute__((noreturn))
supervise_detached(const struct cli *cli, const struct sysroot *root, const struct guest_spec *wanted, int report_fd)
{
	struct guest_spec spec = *wanted;
	struct supervisor supervisor;
	struct launch_ended ended = { 0 };
	struct detached_report report = { .pid = getpid() };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	spec.caller_fd = report_fd;
	report.ret = supervisor_init(&supervisor, &report.err);
	supervisor.caller_fd = report_fd;
	if (!report.ret)
		report.ret = guest_start(&supervisor.run, root, &spec, &report.err);
	if (!report.ret) {
		text_copy(report.name, sizeof(report.name), supervisor.run.dir.name);
		report.record = supervisor.run.record;
		say_no_reset(cli, &supervisor.run);
		if (!cli->quiet)
			supervisor.on_wait = say_wait;
		report.ret = supervisor_wait_running(&supervisor, &ended, &report.err);
		if (!report.ret && supervisor.running)
			say_steps(cli, root, report.name);
		if (report.ret < 0 || !supervisor.running)
			report.ret = finish(&supervisor, report.name, &ended, report.ret, &report.err);
	}
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	/* Nobody waits for the guest any more: the command was ended before the guest ran. */
	if (write(report_fd, &report, sizeof(report)) != sizeof(report) && supervisor.running)
		supervisor_end_guest(&supervisor);
	supervisor.caller_fd = 0;
	close(report_fd);
	if (!report.ret && supervisor.running) {
		int ret = supervisor_wait_ended(&supervisor, &ended, &report.err);

		if (finish(&supervisor, report.name, &ended, ret, &report.err) < 0 && ended.how != VM_END_KILLED)
			guest_end_note(root, report.name, &report.err);
	}
	_exit(0);
}

static int announce(const struct cli *cli, const struct detached_report *report, struct error *err)
{
	cli_say(cli, "%s", report->name);
	cli_say_more(cli, "runs, looked after by process %d; 'sluice console %s' shows its console", (int)report->pid,
		report->name);
	if (!cli->json)
		return 0;
	return cli_json_print(cli,
		json_pack("{s:s, s:{s:s, s:I}}", "format_version", "1.0", "guest", "name", report->name,
			"supervisor_pid", (json_int_t)report->pid),
		err);
}

static int run_detached(
	const struct cli *cli, const struct sysroot *root, const struct guest_spec *spec, struct error *err)
{
	struct detached_report report;
	int fds[2];
	cleanup_close int report_read = -1;
	ssize_t got;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail(err, errno, "detach");
	report_read = fds[0];
	fflush(cli->out);
	pid = fork();
	if (!pid) {
		/* With the reading end here too, nobody would see that this command is gone. */
		close_fd(&report_read);
		supervise_detached(cli, root, spec, fds[1]);
	}
	close(fds[1]);
	if (pid < 0)
		return fail(err, errno, "detach");
	do
		got = read(report_read, &report, sizeof(report));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(report)) {
		fail_code(err, CODE_FAILED, ECHILD, "the process that looks after the guest died");
		return fail_hint(err, "'sluice ps' shows what runs; 'sluice release DEVICE' gives devices back");
	}
	if (report.ret < 0) {
		waitpid(pid, NULL, 0);
		*err = report.err;
		return report.ret;
	}
	record_note(cli, &report.record);
	return announce(cli, &report, err);
}

static int run_run(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct run_options *run = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(guest_rules_done) struct guest_rules rules = { .rule = NULL };
	struct device_argument arguments[GUEST_DEVICE_MAX];
	struct guest_spec spec;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)args;
	(void)arg_count;
	if (ret < 0)
		return ret;
	if (root.captured)
		return fail_code(
			err, CODE_READ_ONLY, EROFS, "%s shows another machine: no guest can run there", root.path);
	ret = make_spec(run, arguments, &spec, err);
	if (ret == 0 && run->rules)
		ret = guest_rules_read(run->rules, &rules, err);
	if (ret < 0)
		return ret;
	spec.rules = run->rules ? &rules : NULL;
	return run->detach ? run_detached(cli, &root, &spec, err) : run_foreground(cli, &root, &spec, err);
}

static const char *const details[] = {
	"Devices are bound to vfio-pci when they are not yet, refused when they are in use, and given back to "
	"the driver they had when the guest ends.",
	"The exit status is the guest's end: 0 when it powered off, 1 when it crashed or was ended by force. "
	"SIGTERM, SIGINT, SIGHUP and ^] press the guest's power button; what has not ended 10 seconds later, "
	"or at the second signal or ^], is switched off.",
	NULL,
};

static const char *const examples[] = {
	"sluice run --kernel bzImage --initrd initrd.img --memory 1G --cpus 2",
	"sluice run --name web1 --kernel bzImage --initrd initrd.img --device eth0/0 --detach",
	NULL,
};

const struct command cmd_run = {
	.name = "run",
	.summary = "run a guest, with devices of this host",
	.options = options,
	.options_size = sizeof(struct run_options),
	.defaults = &(const struct run_options){ .cmdline = "console=ttyS0", .memory = 512 * MEBIBYTE },
	.details = details,
	.examples = examples,
	.run = run_run,
};
