// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Of the fleet's guest: uses a device's memory from user space, where no driver of the kernel would, through sysfs
 * (resourceN) and /proc/self/pagemap. Prints "ok WHAT" or "failed WHY".
 *
 *	fleet-bar keep DEVICE        its largest BAR keeps what is written to 64 pages of it, from the first to the last
 *	fleet-bar edu DEVICE UIO     QEMU's edu (docs/specs/edu.rst): a factorial, memory moved there and back by DMA,
 *	                             an interrupt
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	PLACES = 64,
	CONFIG_COMMAND = 4,
	COMMAND_MEMORY_AND_MASTER = 0x6,
	EDU_FACTORIAL = 0x08,
	EDU_STATUS = 0x20,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
	EDU_DMA_SOURCE = 0x80,
	EDU_DMA_TARGET = 0x88,
	EDU_DMA_COUNT = 0x90,
	EDU_DMA_COMMAND = 0x98,
	EDU_MEMORY = 0x40000,
	DMA_START = 1,
	DMA_TO_RAM = 2,
};

static void failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("failed ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	exit(1);
}

static int open_in(const char *device, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	fd = open(path, flags);
	if (fd < 0)
		failed("open %s", path);
	return fd;
}

/* Memory is decoded, and the device may use DMA. */
static void enable(const char *device)
{
	int fd = open_in(device, "config", O_RDWR);
	uint16_t command;

	if (pread(fd, &command, sizeof(command), CONFIG_COMMAND) != sizeof(command))
		failed("read the command register");
	command |= COMMAND_MEMORY_AND_MASTER;
	if (pwrite(fd, &command, sizeof(command), CONFIG_COMMAND) != sizeof(command))
		failed("write the command register");
	close(fd);
}

/* The largest memory BAR, mapped. */
static volatile uint32_t *map_bar(const char *device, uint64_t *ret_size)
{
	char name[24];
	FILE *file = fdopen(open_in(device, "resource", O_RDONLY), "r");
	uint64_t start, end, flags;
	int best = -1;
	void *map;

	*ret_size = 0;
	for (int n = 0; n < 6 && fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) == 3; n++)
		if (flags & 0x200 && end - start + 1 > *ret_size) {
			*ret_size = end - start + 1;
			best = n;
		}
	fclose(file);
	if (best < 0)
		failed("no BAR in memory");
	snprintf(name, sizeof(name), "resource%d", best);
	map = mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_SHARED, open_in(device, name, O_RDWR), 0);
	if (map == MAP_FAILED)
		failed("map %s", name);
	return map;
}

/* Each word holds what only its place can have. */
static void keep(const char *device)
{
	uint64_t size;
	volatile uint32_t *bar;
	uint64_t stride;

	enable(device);
	bar = map_bar(device, &size);
	if (size < 2 * PAGE)
		failed("the BAR has %" PRIu64 " bytes only", size);
	stride = (size - PAGE) / (PLACES - 1) / PAGE * PAGE;
	for (int pass = 0; pass < 2; pass++)
		for (int n = 0; n < PLACES; n++) {
			uint64_t at = n == PLACES - 1 ? size - PAGE : n * stride;

			for (int word = 0; word < 16; word++) {
				uint32_t value = (uint32_t)((at >> 8) * 2654435761u + word);

				if (!pass)
					bar[at / 4 + word] = value;
				else if (bar[at / 4 + word] != value)
					failed("0x%" PRIx64 " does not keep what was written", at + 4 * word);
			}
		}
	printf("ok %" PRIu64 " MiB keep what is written\n", size >> 20);
}

static uint64_t physical_address(const void *page)
{
	uint64_t entry;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry)) != sizeof(entry))
		failed("read pagemap");
	close(fd);
	return (entry & 0x7fffffffffffff) * PAGE;
}

static void edu_dma(volatile uint32_t *bar, uint64_t source, uint64_t target, uint32_t command)
{
	bar[EDU_DMA_SOURCE / 4] = (uint32_t)source;
	bar[EDU_DMA_TARGET / 4] = (uint32_t)target;
	bar[EDU_DMA_COUNT / 4] = PAGE;
	bar[EDU_DMA_COMMAND / 4] = DMA_START | command;
	for (int n = 0; bar[EDU_DMA_COMMAND / 4] & DMA_START; n++) {
		if (n == 1000)
			failed("DMA does not end");
		usleep(10000);
	}
}

/* Wait for one interrupt, told by uio_pci_generic, which has switched INTx off by then. */
static void edu_interrupt(volatile uint32_t *bar, const char *uio)
{
	struct pollfd wait = { .fd = open(uio, O_RDWR), .events = POLLIN };
	uint32_t count;

	if (wait.fd < 0)
		failed("open %s", uio);
	bar[EDU_IRQ_RAISE / 4] = 1;
	if (poll(&wait, 1, 5000) != 1 || read(wait.fd, &count, sizeof(count)) != sizeof(count))
		failed("no interrupt");
	bar[EDU_IRQ_ACK / 4] = 1;
}

static void edu(const char *device, const char *uio)
{
	uint64_t size;
	volatile uint32_t *bar;
	uint8_t *out = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	uint8_t *in = out + PAGE;

	if (out == MAP_FAILED)
		failed("no memory");
	enable(device);
	bar = map_bar(device, &size);
	bar[EDU_FACTORIAL / 4] = 10;
	while (bar[EDU_STATUS / 4] & 1)
		usleep(1000);
	if (bar[EDU_FACTORIAL / 4] != 3628800)
		failed("10! is %u", bar[EDU_FACTORIAL / 4]);
	for (int n = 0; n < PAGE; n++) {
		out[n] = (uint8_t)(n * 7 + n / 256);
		in[n] = 0;
	}
	edu_dma(bar, physical_address(out), EDU_MEMORY, 0);
	edu_dma(bar, EDU_MEMORY, physical_address(in), DMA_TO_RAM);
	if (memcmp(out, in, PAGE) != 0)
		failed("other bytes came back by DMA");
	edu_interrupt(bar, uio);
	printf("ok 10! = 3628800, %d bytes there and back by DMA, an interrupt\n", PAGE);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "keep"))
		keep(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "edu"))
		edu(argv[2], argv[3]);
	else
		failed("fleet-bar: see its first lines");
	return 0;
}
