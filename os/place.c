// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where this kernel runs, from what kernels and hypervisors say of themselves: sys/hypervisor
 * (Documentation/ABI/stable/ sysfs-hypervisor-xen), proc/xen, DMI, the bus of Hyper-V and its driver for virtual PCI,
 * the processor flag "hypervisor", and the kernel's "Hypervisor detected" (arch/x86/kernel/cpu/hypervisor.c), which is
 * asked last since the log forgets. The DMI names are believed only of a processor with that flag: makers of clouds
 * write the same names into machines that they rent out whole. Containers leave a file or a word in the environment of
 * process 1 (systemd's container interface; podman; docker).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/kmsg.h"
#include "os/place.h"

enum {
	CPUINFO_SIZE = 16384,
	ENVIRON_SIZE = 4096,
	RECORDS_MAX = 4096, /* of the log: the hypervisor is named among the first */
	XENFEAT_DOM0 = 11,  /* include/xen/interface/features.h */
};

static const char qemu_iommu[] = "on the host below, QEMU: -machine q35,kernel-irqchip=split -device intel-iommu,"
				 "intremap=on,caching-mode=on (libvirt: <iommu model='intel'>)";
static const char kvm_nested[] = "on the host below: modprobe kvm_intel nested=1 (or kvm_amd), and processor model "
				 "host-passthrough for this guest";
static const char other_iommu[] = "this is a virtual machine: its hypervisor has to offer a virtual IOMMU "
				  "(QEMU: -device intel-iommu,intremap=on)";
static const char other_nested[] = "this is a virtual machine: its hypervisor has to allow nested virtualization. With "
				   "KVM below: modprobe kvm_intel nested=1 (or kvm_amd) there, and processor model "
				   "host-passthrough";
static const char cloud_iommu[] =
	"this cloud offers its guests no IOMMU, but some of its machines are rented out whole "
	"(bare metal): use one of those";
static const char vmware_iommu[] =
	"tick 'Expose IOMMU to the guest OS' in the virtual machine's CPU settings (vvtd.enable = TRUE)";
static const char vmware_nested[] = "tick 'Expose hardware assisted virtualization to the guest OS' in the virtual "
				    "machine's CPU settings (vhv.enable = TRUE)";
static const char hyperv_iommu[] = "Hyper-V (and Azure) offers its guests no IOMMU: devices can be given away on the "
				   "host below only; on Azure there "
				   "is nothing to switch on";
static const char hyperv_nested[] = "on the Hyper-V host: Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions "
				    "$true; on Azure: a machine size that has nested virtualization";
static const char xen_iommu[] = "Xen offers its guests no IOMMU: give the device out from dom0 (xl pci-attach)";
static const char xen_nested[] = "Xen, for an HVM domain: nestedhvm=1 in its configuration";
static const char bhyve_nested[] = "bhyve has no nested virtualization";

/* What hypervisors write into DMI, and what the kernel says (file NULL); the first that matches. */
static const struct {
	const char *file, *text, *name, *iommu_fix, *nested_fix;
} makers[] = {
	{ "sys_vendor", "Amazon EC2", "Amazon EC2", cloud_iommu,
		"use a machine type that has nested virtualization, or one that is rented out whole (bare metal)" },
	{ "sys_vendor", "Google", "Google Compute Engine (KVM)", cloud_iommu,
		"allow nested virtualization for this instance (gcloud: --enable-nested-virtualization)" },
	{ "sys_vendor", "VMware", "VMware", vmware_iommu, vmware_nested },
	{ "product_name", "VMware", "VMware", vmware_iommu, vmware_nested },
	{ "product_name", "VirtualBox", "VirtualBox",
		"give it chipset ICH9 and VBoxManage modifyvm NAME --iommu automatic",
		"VBoxManage modifyvm NAME --nested-hw-virt on" },
	{ "sys_vendor", "Xen", "Xen", xen_iommu, xen_nested },
	{ "product_name", "KVM", "KVM", qemu_iommu, kvm_nested },
	{ "sys_vendor", "QEMU", "QEMU", qemu_iommu, kvm_nested },
	{ "sys_vendor", "Red Hat", "KVM", qemu_iommu, kvm_nested },
	{ "product_name", "OpenStack", "OpenStack (KVM)", "OpenStack: image property hw_viommu_model=intel",
		kvm_nested },
	{ "sys_vendor", "OpenStack", "OpenStack (KVM)", "OpenStack: image property hw_viommu_model=intel", kvm_nested },
	{ "sys_vendor", "Nutanix", "Nutanix AHV (KVM)", other_iommu, kvm_nested },
	{ "sys_vendor", "Bochs", "KVM", qemu_iommu, kvm_nested },
	{ "sys_vendor", "Parallels", "Parallels", other_iommu, other_nested },
	{ "sys_vendor", "BHYVE", "bhyve", "bhyve offers its guests no IOMMU", bhyve_nested },
	{ NULL, "Microsoft Hyper-V", "Microsoft Hyper-V", hyperv_iommu, hyperv_nested },
	{ NULL, "Xen", "Xen", xen_iommu, xen_nested },
	{ NULL, "VMware", "VMware", vmware_iommu, vmware_nested },
	{ NULL, "KVM", "KVM", qemu_iommu, kvm_nested },
	{ NULL, "Bhyve", "bhyve", "bhyve offers its guests no IOMMU", bhyve_nested },
	{ NULL, "ACRN", "ACRN", "ACRN offers its guests no IOMMU", "ACRN has no nested virtualization" },
	{ NULL, "Jailhouse", "Jailhouse", "Jailhouse gives devices to its cells itself",
		"Jailhouse has no nested virtualization" },
};

static void set(struct place *place, const char *name, const char *iommu_fix, const char *nested_fix)
{
	place->is_guest = true;
	place->iommu_fix = iommu_fix;
	place->nested_fix = nested_fix;
	text_copy(place->name, sizeof(place->name), name);
}

static bool has_hypervisor_flag(const struct sysroot *root)
{
	cleanup_free char *text = calloc(1, CPUINFO_SIZE);
	const char *flags;

	if (!text || sysroot_read_text(root, text, CPUINFO_SIZE, "proc/cpuinfo") <= 0)
		return false;
	flags = strstr(text, "flags");
	return flags && strstr(flags, " hypervisor");
}

/* Features of Xen are words of 32 bits, in hexadecimal, one after the other. */
static bool xen_is_dom0(const struct sysroot *root)
{
	char text[64];

	if (sysroot_read_text(root, text, sizeof(text), "proc/xen/capabilities") > 0)
		return strstr(text, "control_d") != NULL;
	if (sysroot_read_text(root, text, sizeof(text), "sys/hypervisor/properties/features") <= 0)
		return false;
	return strtoull(text, NULL, 16) >> XENFEAT_DOM0 & 1;
}

static bool read_xen(const struct sysroot *root, struct place *place)
{
	char type[32] = "";

	sysroot_read_text(root, type, sizeof(type), "sys/hypervisor/type");
	if (!text_starts_with(type, "xen") && !sysroot_exists(root, "proc/xen/capabilities"))
		return false;
	place->is_dom0 = xen_is_dom0(root);
	if (place->is_dom0)
		set(place, "Xen (dom0)",
			"under Xen the IOMMU is Xen's own: give devices out with Xen's tools (xl pci-assignable-add, "
			"xl pci-attach), or boot this kernel without Xen",
			"Xen has the processor: boot this kernel without Xen to run KVM");
	else
		set(place, "Xen", xen_iommu, xen_nested);
	snprintf(place->evidence, sizeof(place->evidence), "%s",
		type[0] ? "/sys/hypervisor/type: xen" : "/proc/xen/capabilities exists");
	return true;
}

static bool read_microsoft(const struct sysroot *root, struct place *place)
{
	char vendor[64] = "", product[64] = "", release[128] = "";

	sysroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease");
	sysroot_read_text(root, vendor, sizeof(vendor), "sys/class/dmi/id/sys_vendor");
	sysroot_read_text(root, product, sizeof(product), "sys/class/dmi/id/product_name");
	if (strstr(release, "microsoft") || strstr(release, "Microsoft")) {
		set(place, "Windows (WSL)", "WSL gives its Linux no IOMMU: devices are Windows' own",
			"in %USERPROFILE%\\.wslconfig: [wsl2] nestedVirtualization=true");
		snprintf(place->evidence, sizeof(place->evidence), "/proc/sys/kernel/osrelease: %.60s", release);
		return true;
	}
	if (text_starts_with(vendor, "Microsoft") && text_starts_with(product, "Virtual Machine"))
		snprintf(place->evidence, sizeof(place->evidence), "/sys/class/dmi/id: %.40s, %.40s", vendor, product);
	else if (sysroot_exists(root, "sys/bus/vmbus/drivers/hv_pci"))
		snprintf(place->evidence, sizeof(place->evidence), "/sys/bus/vmbus/drivers/hv_pci exists");
	else if (sysroot_exists(root, "sys/bus/vmbus/devices"))
		snprintf(place->evidence, sizeof(place->evidence), "/sys/bus/vmbus exists, Hyper-V's bus");
	else
		return false;
	set(place, "Microsoft Hyper-V", hyperv_iommu, hyperv_nested);
	return true;
}

/* What the kernel calls the hypervisor, in the log of this boot; "" where it does not say (any more). */
static const char *detected(const struct sysroot *root, char *buf, size_t size)
{
	static const char words[] = "Hypervisor detected: ";
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	struct kmsg_record record;

	buf[0] = '\0';
	if (kmsg_open(&kmsg, root, false) < 0)
		return buf;
	for (int count = 0; count < RECORDS_MAX && kmsg_next(&kmsg, &record); count++)
		if (text_starts_with(record.text, words)) {
			text_copy(buf, size, record.text + strlen(words));
			break;
		}
	return buf;
}

/* True, with the evidence, when the maker's DMI file has its word, or the kernel has said it. */
static bool fits(const struct sysroot *root, size_t maker, const char *said, struct place *place)
{
	char text[64];

	if (!makers[maker].file) {
		if (!text_starts_with(said, makers[maker].text))
			return false;
		snprintf(place->evidence, sizeof(place->evidence), "kernel log: Hypervisor detected: %.40s", said);
		return true;
	}
	if (sysroot_read_text(root, text, sizeof(text), "sys/class/dmi/id/%s", makers[maker].file) <= 0 ||
		!text_starts_with(text, makers[maker].text))
		return false;
	snprintf(place->evidence, sizeof(place->evidence), "/proc/cpuinfo: hypervisor; /sys/class/dmi/id/%s: %.40s",
		makers[maker].file, text);
	return true;
}

static void read_maker(const struct sysroot *root, struct place *place)
{
	char said[64] = "";
	bool asked = false;

	set(place, "a hypervisor", other_iommu, other_nested);
	text_copy(place->evidence, sizeof(place->evidence), "/proc/cpuinfo: hypervisor");
	for (size_t i = 0; i < array_size(makers); i++) {
		if (!makers[i].file && !asked)
			detected(root, said, sizeof(said));
		asked = asked || !makers[i].file;
		if (!fits(root, i, said, place))
			continue;
		set(place, makers[i].name, makers[i].iommu_fix, makers[i].nested_fix);
		return;
	}
}

/* The word container=NAME among the strings of process 1's environment; root can read it. */
static bool environ_container(const struct sysroot *root, char *buf, size_t size)
{
	char text[ENVIRON_SIZE];
	int length = (int)sysroot_read_text(root, text, sizeof(text), "proc/1/environ");

	for (int at = 0; at < length; at += (int)strlen(text + at) + 1)
		if (text_starts_with(text + at, "container=")) {
			text_copy(buf, size, text + at + strlen("container="));
			return true;
		}
	return false;
}

/* Files that container managers leave; those with a name in them (systemd's container interface) first. */
static const struct {
	const char *file, *name; /* name NULL: it is the file's first word */
} container_files[] = { { "run/host/container-manager", NULL }, { "run/systemd/container", NULL },
	{ "run/.containerenv", "podman" }, { ".dockerenv", "docker" },
	{ "var/run/secrets/kubernetes.io", "Kubernetes" } };

static void read_container(const struct sysroot *root, struct place *place)
{
	for (size_t i = 0; i < array_size(container_files) && !place->container[0]; i++) {
		const char *file = container_files[i].file;

		if (!sysroot_exists(root, "%s", file))
			continue;
		if (container_files[i].name)
			text_copy(place->container, sizeof(place->container), container_files[i].name);
		else if (sysroot_read_text(root, place->container, sizeof(place->container), "%s", file) <= 0)
			text_copy(place->container, sizeof(place->container), "a container manager");
		text_chomp(place->container);
		snprintf(place->container_evidence, sizeof(place->container_evidence), "/%s exists", file);
	}
	if (!place->container[0] && environ_container(root, place->container, sizeof(place->container)))
		snprintf(place->container_evidence, sizeof(place->container_evidence),
			"/proc/1/environ: container=%.40s", place->container);
	place->is_container = place->container[0] != '\0';
}

void place_read(const struct sysroot *root, struct place *ret_place)
{
	*ret_place = (struct place){ .iommu_fix = "", .nested_fix = "" };
	read_container(root, ret_place);
	if (read_xen(root, ret_place) || read_microsoft(root, ret_place))
		return;
	if (has_hypervisor_flag(root))
		read_maker(root, ret_place);
}

static const char otherwise[] = "as on a machine of its own: ";

bool place_is_in_firmware(const char *remedy)
{
	static const char *const words[] = { "the firmware", "the BIOS" };

	for (size_t i = 0; i < array_size(words); i++)
		if (strstr(remedy, words[i]))
			return true;
	return false;
}

bool place_puts_first(const struct place *place, enum place_topic topic, const char *remedy, char *buf, size_t size)
{
	if (!place->is_guest || place->is_dom0 || !place_is_in_firmware(remedy) || strstr(remedy, otherwise))
		return false;
	if (topic == PLACE_OTHER)
		snprintf(buf, size,
			"this is a guest of %s, which lays this machine out: change it there (its version, this "
			"guest's devices and memory); %s%s",
			place->name, otherwise, remedy);
	else
		snprintf(buf, size, "%s; %s%s", topic == PLACE_IOMMU ? place->iommu_fix : place->nested_fix, otherwise,
			remedy);
	return true;
}
