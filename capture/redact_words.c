// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Words that say nothing of whose host it is: directories that all hosts have, kinds of file systems and volumes, words of drivers and of the
 * kernel's log. They stay where names are replaced; a guest that is called "guest1" is still found in a picture. Sorted.
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

/* Words of the kernel's messages that somebody here understands: they stay there, whatever has the same name on this host. Sorted. */
static const char *const spoken[] = { "access", "accessing", "addr", "address", "after", "allocate", "allow", "already",
	"assign", "attach", "before", "beyond", "bios", "blocked", "bound", "broken", "callbacks", "cannot", "change",
	"clear", "command", "compatibility", "configuration", "configure", "configuring", "context", "count", "d3cold",
	"d3hot", "detected", "disable", "disabled", "disabling", "dmar", "does", "doesn", "domain", "drhd", "driver",
	"enable", "enabled", "enabling", "enough", "entry", "erratum", "error", "event", "exceeds", "expects", "failed",
	"failure", "fault", "feature", "field", "fields", "firmware", "flags", "format", "from", "giving", "handler",
	"handling", "hardware", "illegal", "inaccessible", "index", "ineligible", "initialization", "interrupt",
	"interrupts", "intr", "invalid", "invalidation", "iotlb", "iova", "irta", "irte", "ivhd", "left", "line",
	"logged", "making", "mapping", "memlock", "mgaw", "mmio", "next", "number", "opted", "outside", "page",
	"parameters", "parse", "pasid", "pending", "platform", "pointed", "power", "present", "probe", "programmed",
	"range", "read", "ready", "reason", "rejecting", "remap", "remapping", "report", "request", "reserve",
	"reserved", "reset", "resources", "rlimit", "rmrr", "size", "software", "source", "space", "status", "support",
	"suppressed", "sysfs", "table", "that", "through", "time", "timed", "timeout", "transaction", "translation",
	"unable", "unit", "unknown", "unsafe", "unstable", "usable", "usage", "vector", "vectors", "verification",
	"waiting", "with", "without", "write", "x2apic", "your", "zero" };

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
