// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words that say nothing of whose host it is: directories that all hosts have, kinds of file systems and volumes, words
 * of drivers and of the kernel's log. They stay where names are replaced; a guest that is called "guest1" is still
 * found in a picture. Sorted.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "capture/redact.h"

static const char *const words[] = { "acpi", "admin", "alt", "apfs", "arch", "autostart", "backup", "bcache", "bin",
	"block", "bond", "boot", "bridge", "btrfs", "cache", "conf", "config", "console", "containerd", "containers",
	"core", "crypt", "data", "debian", "default", "dev", "device", "devices", "disk", "docker", "domains", "efi",
	"efivarfs", "email", "etc", "exfat", "export", "ext2", "ext3", "ext4", "f2fs", "fedora", "file", "flatpak",
	"found", "fuse", "guest", "guests", "hdd", "home", "host", "hostdev", "hugepages", "hugetlbfs", "ifcfg",
	"images", "install", "iommu", "iqn", "iscsi", "iso9660", "jbod", "json", "kernel", "kvm", "label", "lan", "lib",
	"lib32", "lib64", "libvirt", "libx32", "link", "linux", "local", "localdomain", "localhost", "log", "loop",
	"lost", "luks", "luks1", "luks2", "lvm", "machine", "mapper", "mdadm", "media", "member", "mnt", "mount",
	"mpath", "mqueue", "network", "networks", "nfs", "nfs4", "nixos", "nmconnection", "none", "ntfs", "null",
	"nvme", "opt", "overlay", "overlay2", "part", "part1", "part2", "part3", "part4", "part5", "partlabel",
	"partuuid", "pci", "plain", "podman", "pool", "portage", "private", "proc", "pts", "qemu", "raid", "raid0",
	"raid1", "raid10", "raid5", "raid6", "ramfs", "random", "reiserfs", "root", "rootfs", "rpool", "run", "sbin",
	"scratch", "scsi", "sda", "server", "share", "shm", "sluice", "snap", "snapd", "snapshots", "spare", "squashfs",
	"srv", "ssd", "state", "storage", "store", "subsystem", "subvol", "swap", "swapfile", "swapvol", "sys",
	"sysroot", "system", "systemd", "sysvinit", "target", "temp", "timeshift", "tmp", "tmpfs", "toor", "tree",
	"ubuntu", "udev", "udf", "usb", "user", "users", "usr", "uuid", "var", "vfat", "vfio", "vg0", "virtio",
	"virtiofs", "vmlinuz", "volume", "volumes", "wan", "wwn", "www", "xfs", "xml", "yaml", "yes", "zfs", "zroot" };

/*
 * Words of the kernel's messages that somebody here understands: they stay there, whatever has the same name on this
 * host. Sorted.
 */
static const char *const spoken[] = { "018lx", "5gt", "able", "aborting", "above", "access", "accessing", "ack",
	"active", "add", "adding", "addr", "address", "aer", "affinity", "after", "agaw", "agent", "allocate",
	"allocated", "allocation", "allow", "already", "amd", "and", "andd", "anyway", "apic", "apics", "applying",
	"are", "assign", "assigned", "attach", "attacks", "attempting", "available", "bad", "bar", "bars", "because",
	"before", "behind", "being", "beyond", "bind", "bios", "bit", "bits", "blocked", "bogus", "booting", "bound",
	"broken", "buffer", "bug", "bus", "busy", "but", "callback", "callbacks", "can", "cannot", "card", "cared",
	"cdev", "change", "channel", "check", "checksum", "chipset", "claim", "claimed", "clear", "cmpxchg16b",
	"command", "compatibility", "compatible", "compliant", "configuration", "configure", "configuring", "conflict",
	"conflicts", "contact", "containment", "contains", "context", "controller", "couldn", "count", "cpu", "csts",
	"ctl", "currently", "d3cold", "d3hot", "declares", "decoding", "deferred", "denylist", "despite", "detected",
	"devid", "direct", "disable", "disabled", "disabling", "disallowed", "dma", "dmar", "does", "doesn", "domain",
	"down", "downstream", "dpc", "drhd", "driver", "dsm", "due", "during", "efr", "efr2", "enable", "enabled",
	"enabling", "end", "ends", "enough", "entry", "enumeration", "erratum", "error", "establish", "event",
	"exceeded", "exceeds", "exhaustion", "existent", "exists", "expects", "extended", "fadt", "fail", "failed",
	"failure", "fatal", "fault", "feat", "feature", "features", "field", "fields", "find", "firmware", "flags",
	"flr", "for", "forces", "format", "free", "from", "fully", "function", "functional", "get", "giving", "global",
	"gpu", "graphics", "group", "gtt", "handle", "handler", "handling", "hardware", "has", "have", "haw", "header",
	"hid", "high", "hpet", "ia32", "ids", "igd", "ignoring", "illegal", "inaccessible", "inconsistent", "incorrect",
	"incorrectly", "index", "ineligible", "initialization", "initialize", "injection", "intel", "interrupt",
	"interrupts", "intr", "intremap", "invalid", "invalidation", "ioapic", "iommus", "iotlb", "iov", "iova", "irq",
	"irqpoll", "irqs", "irta", "irte", "isoch", "isolated", "ivhd", "ivrs", "layer", "left", "length", "level",
	"like", "line", "logged", "logs", "maintain", "making", "malfunctioning", "managed", "map", "mapped", "mapping",
	"mask", "match", "matched", "max", "may", "mem", "memlock", "memory", "method", "mgaw", "min", "mmio", "mode",
	"modify", "module", "more", "msec", "msi", "msr", "name", "next", "nobody", "noiommu", "non", "not", "nul",
	"number", "object", "off", "one", "only", "opened", "opted", "option", "optout", "order", "out", "outside",
	"override", "overriding", "page", "pages", "pagesz", "param", "parameter", "parameters", "parse", "pasid",
	"passes", "pcie", "pciehp", "pending", "performing", "permitted", "platform", "please", "pointed", "port",
	"power", "present", "probe", "probing", "proceed", "product", "programmed", "provided", "queued", "quickdata",
	"range", "read", "ready", "reason", "received", "record", "recover", "recovery", "refers", "refused",
	"refusing", "reg", "region", "regions", "registered", "rejecting", "relaying", "released", "reload", "remap",
	"remapping", "remove", "removing", "report", "reported", "request", "requested", "required", "requirement",
	"reserve", "reserved", "reset", "resources", "response", "restoring", "resume", "ret", "retraining", "return",
	"returned", "rhsa", "rid2pasid", "ridge", "rlimit", "rmrr", "routed", "rst", "running", "runtime", "saved",
	"scope", "secure", "seq", "set", "sets", "setting", "setup", "sev", "severity", "shadow", "size", "skipped",
	"slot", "sme", "software", "source", "southbridge", "space", "sriov", "stability", "starts", "startup",
	"status", "still", "stoney", "stop", "string", "structure", "structures", "subordinate", "sufficient",
	"support", "supported", "supports", "suppressed", "svm", "sysfs", "table", "taint", "task", "technology",
	"terminated", "than", "that", "the", "them", "they", "this", "through", "time", "timed", "timeout", "tlb",
	"token", "train", "transaction", "translation", "tried", "trusted", "try", "trying", "txt", "type", "uid",
	"unable", "unaligned", "uncorrectable", "under", "unit", "unknown", "unmasked", "unregistered", "unsafe",
	"unstable", "unsupported", "until", "unusable", "update", "updating", "usable", "usage", "use", "valid",
	"validate", "value", "vector", "vectors", "vendor", "ver", "verification", "version", "vfs", "via",
	"virtualization", "vmx", "vulnerable", "waiting", "was", "when", "while", "width", "widths", "will", "window",
	"with", "without", "workaround", "write", "x2apic", "x86", "you", "your", "zero" };

static int compare(const void *word, const void *entry)
{
	return strcmp(word, *(const char *const *)entry);
}

static bool is_one_of(const char *const *list, size_t count, const char *word, size_t length)
{
	char lower[16];

	if (length >= sizeof(lower))
		return false;
	for (size_t i = 0; i < length; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	lower[length] = '\0';
	return bsearch(lower, list, count, sizeof(*list), compare) != NULL;
}

bool redact_is_common(const char *word, size_t length)
{
	return is_one_of(words, array_size(words), word, length);
}

bool redact_is_spoken(const char *word, size_t length)
{
	return is_one_of(spoken, array_size(spoken), word, length);
}
