// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is taken of the kernel's command line, and of what modprobe, the initramfs, udev and boot scripts are told.
 * Lines are made anew from what their readers (distro/modprobe_conf.c, distro/rival_driver.c) look at, and all others
 * are empty.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/reduce.h"
#include "distro/conf_file.h"
#include "distro/kernel_log.h"

/* Arguments whose values are about hardware, by their beginning; a module's parameter may stand behind its dot. */
static const char *const open_arguments[] = { "BOOT_IMAGE=", "acpi", "amd_", "amdgpu.", "apic",
	"clearcpuid=", "clocksource=", "console=", "cpu", "crashkernel=", "default_hugepagesz=", "earlyprintk", "efi",
	"hugepages", "hugepagesz=", "i915.", "initcall_blacklist=", "intel_", "intremap=", "iommu", "irq",
	"isolcpus=", "kvm", "lockdown=", "loglevel=", "maxcpus=", "mem=", "memmap=", "mitigations=",
	"modprobe.blacklist=", "module_blacklist=", "modules-load=", "nmi_watchdog=", "nohz", "nouveau.",
	"nr_cpus=", "numa", "nvidia", "panic", "pci", "processor.", "psi=", "random.trust", "rcu", "rd.driver",
	"rd.modules-load=", "security=", "selinux=", "swiotlb=", "transparent_hugepage=", "tsc=", "vfio",
	"video=", "x2apic", "xe." };

/* And words without a value. */
static const char *const open_words[] = { "debug", "earlycon", "nmi_watchdog", "no_timer_check", "noapic",
	"noapictimer", "nokaslr", "nolapic", "nomodeset", "nosmt", "noresume", "nox2apic", "quiet", "rhgb", "ro", "rw",
	"single", "splash", "threadirqs" };

/* Parameters of modules that say how devices are split and given away. */
static const char *const open_parameters[] = { "ids", "max_vfs", "num_vfs", "disable_vga", "disable_idle_d3",
	"disable_denylist", "enable_sriov", "allow_unsafe_interrupts", "dma_entry_limit", "disable_hugepages",
	"enable_unsafe_noiommu_mode", "nointxmask", "nested", "ept", "npt", "avic", "enable_apicv", "ignore_msrs",
	"report_ignored_msrs" };

static bool begins_with_one(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(text, list[i]))
			return true;
	return false;
}

static bool is_one(const char *text, size_t length, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == length && !strncmp(text, list[i], length))
			return true;
	return false;
}

static bool is_open_parameter(const char *text)
{
	return is_one(text, strcspn(text, "="), open_parameters, array_size(open_parameters));
}

static void put_argument(struct capture *capture, const char *word, FILE *out)
{
	const char *equals = strchr(word, '='), *dot = strchr(word, '.');
	bool open = begins_with_one(word, open_arguments, array_size(open_arguments)) ||
		    is_one(word, strlen(word), open_words, array_size(open_words)) ||
		    (dot && equals && dot < equals && is_open_parameter(dot + 1));

	if (open) {
		capture_put(capture, REDACT_PATHS, word, out);
		return;
	}
	if (equals)
		fprintf(out, "%.*s", (int)(++equals - word), word);
	capture_put_spec(capture, equals ? equals : word, out);
}

bool reduce_cmdline(struct capture *capture, char *text, size_t size, FILE *out)
{
	char *rest = text_chomp(text);
	char *word;

	if (!capture->redact) {
		fprintf(out, "%s\n", text);
		return size > 0;
	}
	while ((word = strsep(&rest, " "))) {
		put_argument(capture, word, out);
		fputc(rest ? ' ' : '\n', out);
	}
	return true;
}

/*
 * modprobe ------------------------------------------------------------------------------------------------------------
 */

static void put_options(struct capture *capture, char *rest, FILE *out)
{
	char *word;

	while ((word = strsep(&rest, " \t"))) {
		char *equals = strchr(word, '=');

		if (!*word)
			continue;
		fputc(' ', out);
		if (!capture->redact || !equals || is_open_parameter(word)) {
			capture_put(capture, equals ? REDACT_PATHS : REDACT_NAMES, word, out);
			continue;
		}
		fprintf(out, "%.*s", (int)(++equals - word), word);
		capture_put(capture, REDACT_NAMES, equals, out);
	}
}

/* A dependency is on modules, whose names are nobody's. */
static void put_modules(char *rest, FILE *out)
{
	char *word;

	while ((word = strsep(&rest, " \t")))
		if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:")])
			fprintf(out, " %s", word);
}

static void keep_modprobe(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line + strspn(line, " \t");
	char *word = strsep(&rest, " \t");
	char *module;

	(void)context;
	if (!word || !rest ||
		(strcmp(word, "options") && strcmp(word, "blacklist") && strcmp(word, "install") &&
			strcmp(word, "softdep")))
		return;
	rest += strspn(rest, " \t");
	module = strsep(&rest, " \t");
	fprintf(out, "%s %.60s", word, module);
	if (rest && !strcmp(word, "options"))
		put_options(capture, rest, out);
	else if (rest && !strcmp(word, "softdep"))
		put_modules(rest, out);
}

bool reduce_modprobe(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_modprobe, NULL);
}

/*
 * Of all words of a list only those count that name a module of VFIO's; what stands round them is cut away as its
 * reader does.
 */
static void keep_listed(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line;
	char *word;
	bool any = false;

	(void)capture;
	(void)context;
	if (line[strspn(line, " \t")] == '#')
		return;
	while ((word = strsep(&rest, " \t\"'()=,[]+")))
		if ((text_starts_with(word, "vfio") || text_starts_with(word, "kvm") ||
			    text_starts_with(word, "pci")) &&
			!word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-")]) {
			fprintf(out, "%s%s", any ? " " : "", word);
			any = true;
		}
}

bool reduce_module_list(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_listed, NULL);
}

/*
 * udev ----------------------------------------------------------------------------------------------------------------
 */

/* Keys that say which device a rule is for, and what is written. */
static bool is_udev_key(const char *key)
{
	static const char *const matches[] = { "KERNEL=", "KERNELS=", "NAME=", "ENV{INTERFACE}=", "ENV{PCI_SLOT_NAME}=",
		"ATTR{vendor}=", "ATTRS{vendor}=", "ATTR{device}=", "ATTRS{device}=", "DRIVER=", "DRIVERS=",
		"ENV{ID_NET_DRIVER}=", "ACTION=", "SUBSYSTEM=" };

	return begins_with_one(key, matches, array_size(matches)) ||
	       (text_starts_with(key, "ATTR{") && (strstr(key, "driver_override}") || strstr(key, "sriov_numvfs}")));
}

static void keep_udev_rule(struct capture *capture, char *line, FILE *out, void *context)
{
	char *rest = line + strspn(line, " \t");
	bool any = false;
	char *token;

	(void)context;
	if (*rest == '#' || (!strstr(rest, "driver_override}") && !strstr(rest, "sriov_numvfs}")))
		return;
	while ((token = strsep(&rest, ","))) {
		token += strspn(token, " \t");
		if (!is_udev_key(token))
			continue;
		fputs(any ? ", " : "", out);
		capture_put(capture, REDACT_PATHS, token, out);
		any = true;
	}
}

bool reduce_udev_rules(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_udev_rule, NULL);
}

/*
 * Boot scripts --------------------------------------------------------------------------------------------------------
 */

/* "/sys/class/net/eth0/device/FILE" or "/sys/bus/pci/devices/0000:01:00.0/FILE", whichever the line speaks of. */
static bool put_place(struct capture *capture, const char *text, const char *file, FILE *out)
{
	const char *net = strstr(text, "class/net/");
	char name[48];
	struct pci_addr addr;

	if (net) {
		net += strlen("class/net/");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(net, "/ \t"), net);
		fputs(" > /sys/class/net/", out);
		capture_put(capture, REDACT_PATHS, name, out);
		fprintf(out, "/device/%s", file);
		return true;
	}
	if (!kernel_message_device(text, &addr))
		return false;
	fprintf(out, " > /sys/bus/pci/devices/%s/%s", pci_addr_text(addr, name), file);
	return true;
}

/* "echo 10de 1eb8 > .../vfio-pci/new_id": ids and addresses, of which nothing is secret. */
static bool keep_bind(const char *text, FILE *out)
{
	char driver[32], value[32];

	if (!conf_binds(text, driver, sizeof(driver)))
		return false;
	conf_echoed(text, value, sizeof(value));
	if (value[strspn(value, "0123456789abcdefABCDEF:. ")])
		return true;
	fprintf(out, "echo %s > /sys/bus/pci/drivers/%s/%s", value, driver,
		strstr(text, "/new_id") ? "new_id" : "bind");
	return true;
}

static void keep_writer(struct capture *capture, char *line, FILE *out, void *context)
{
	const char *text = line + strspn(line, " \t");
	const char *file = strstr(text, "sriov_numvfs") ? "sriov_numvfs" : "driver_override";
	struct pci_addr addr;
	char value[32];

	(void)context;
	if (*text != '#' && keep_bind(text, out))
		return;
	if (*text == '#' || !strstr(text, file) || (!strstr(text, "class/net/") && !kernel_message_device(text, &addr)))
		return;
	conf_written(text, value, sizeof(value));
	fputs("echo ", out);
	capture_put(capture, REDACT_NAMES, value, out);
	put_place(capture, text, file, out);
}

bool reduce_boot_script(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_writer, NULL);
}

bool reduce_first_line(struct capture *capture, char *text, size_t size, FILE *out)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

	(void)capture;
	(void)size;
	if (text[length] && !strchr(" \t\n", text[length]))
		length = 0;
	fprintf(out, "%.*s\n", (int)length, text);
	return true;
}

static void keep_port(struct capture *capture, char *line, FILE *out, void *context)
{
	unsigned int port;

	(void)capture;
	(void)context;
	if (sscanf(line, " Port %u", &port) == 1 || sscanf(line, " port %u", &port) == 1)
		fprintf(out, "Port %u", port);
}

bool reduce_sshd(struct capture *capture, char *text, size_t size, FILE *out)
{
	(void)size;
	return capture_lines(capture, text, out, true, keep_port, NULL);
}
