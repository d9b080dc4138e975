// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bare guest's machine: what start.S hands over, the serial console, ACPI's timer and power switch, PCI by ECAM.
 * See bare.h.
 */
#include "bare.h"

#include <stdarg.h>

enum {
	PORT_SERIAL = 0x3f8,
	PORT_SERIAL_STATUS = PORT_SERIAL + 5,
	PORT_SERIAL_FIFO = PORT_SERIAL + 2,
	SERIAL_EMPTY = 0x20,
	SERIAL_FIFO_BYTES = 16,
	PORT_SLEEP_CONTROL = 0x604, /* vmm-core/device/acpi_power.h */
	SLEEP_POWER_OFF = 5 << 2 | 1 << 5,
	MSR_KVM_SYSTEM_TIME = 0x4b564d01, /* Documentation/virt/kvm/x86/msr.rst */
	NS_PER_MS = 1000000,
	BUS_MAX = 32,
	MEMORY_RAM = 1,
	COMMAND = 4,
	COMMAND_MEMORY_AND_MASTER = 6,
	HEADER_TYPE = 0xe,
};

#define ECAM 0xe0000000ull /* vmm-core/layout.h */

/* Xen's public headers, arch-x86/hvm/start_info.h. */
struct memory {
	uint64_t start, bytes;
	uint32_t type, reserved;
};

struct start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp, memory_map;
	uint32_t memory_map_count, reserved;
};

static const struct start_info *start_info;
static uint64_t random_state;

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* The compiler makes calls of these. */
void *memset(void *to, int value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((volatile uint8_t *)to)[i] = (uint8_t)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

/*
 * --- console ------------------------------------------------------------------------------------------------------
 */

/* Once the queue is empty, all of it can be filled without another look. */
static void put(char c)
{
	static unsigned int room;

	if (!room) {
		out8(PORT_SERIAL_FIFO, 1);
		while (!(in8(PORT_SERIAL_STATUS) & SERIAL_EMPTY))
			;
		room = SERIAL_FIFO_BYTES;
	}
	room--;
	out8(PORT_SERIAL, (uint8_t)c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

static void put_number(uint64_t value, unsigned int base)
{
	char text[24];
	unsigned int n = sizeof(text);

	text[--n] = 0;
	do {
		text[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put_text(text + n);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_text("GUEST ");
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			put_text(va_arg(args, const char *));
			break;
		case 'u':
			put_number(va_arg(args, uint64_t), 10);
			break;
		case 'x':
			put_text("0x");
			put_number(va_arg(args, uint64_t), 16);
			break;
		}
	}
	put('\n');
	va_end(args);
}

/*
 * --- command line -------------------------------------------------------------------------------------------------
 */

/* What follows "NAME=" as a word, or NULL. */
static const char *find(const char *name)
{
	const char *word = (const char *)start_info->command_line;

	while (*word) {
		unsigned int n = 0;

		while (name[n] && word[n] == name[n])
			n++;
		if (!name[n] && word[n] == '=')
			return word + n + 1;
		while (*word && *word != ' ')
			word++;
		while (*word == ' ')
			word++;
	}
	return NULL;
}

static uint64_t number(const char **text)
{
	uint64_t value = 0;
	unsigned int base = 10;

	if ((*text)[0] == '0' && (*text)[1] == 'x') {
		base = 16;
		*text += 2;
	}
	for (;; ++*text) {
		char c = **text;
		unsigned int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;

		if (digit >= base)
			return value;
		value = value * base + digit;
	}
}

uint64_t parameter(const char *name, uint64_t fallback)
{
	const char *text = find(name);

	return text ? number(&text) : fallback;
}

bool parameter_at(const char *name, unsigned int index, uint64_t *ret_value)
{
	const char *text = find(name);

	for (unsigned int n = 0; text && *text && *text != ' '; n++) {
		*ret_value = number(&text);
		if (n == index)
			return true;
		if (*text == ',')
			text++;
		else
			break;
	}
	return false;
}

bool parameter_is(const char *name, const char *value)
{
	const char *text = find(name);

	while (text && *value && *text == *value) {
		text++;
		value++;
	}
	return text && !*value && (!*text || *text == ' ');
}

/*
 * --- time and chance ----------------------------------------------------------------------------------------------
 */

/* A xorshift: what one run does, seed=N does again. */
uint64_t random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* kvmclock: what KVM writes, an odd version meaning that it is about to. */
static volatile struct {
	uint32_t version, pad;
	uint64_t tsc, ns;
	uint32_t multiplier;
	int8_t shift;
	uint8_t flags, pad2[2];
} clock __attribute__((aligned(64)));

static void start_clock(void)
{
	uint64_t at = (uintptr_t)&clock | 1;

	__asm__ volatile("wrmsr" : : "c"(MSR_KVM_SYSTEM_TIME), "a"((uint32_t)at), "d"((uint32_t)(at >> 32)) : "memory");
}

uint64_t milliseconds(void)
{
	uint32_t version, low, high;
	uint64_t ns, ticks;

	do {
		version = clock.version;
		__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
		ticks = ((uint64_t)high << 32 | low) - clock.tsc;
		ticks = clock.shift < 0 ? ticks >> -clock.shift : ticks << clock.shift;
		ns = clock.ns + (uint64_t)((unsigned __int128)ticks * clock.multiplier >> 32);
	} while (version & 1 || version != clock.version);
	return ns / NS_PER_MS;
}

void pause_briefly(void)
{
	uint64_t until = milliseconds() + 1;

	while (milliseconds() < until)
		;
}

/*
 * --- memory -------------------------------------------------------------------------------------------------------
 */

static const struct memory *memory_at(unsigned int index)
{
	return (const struct memory *)start_info->memory_map + index;
}

bool is_ram(uint64_t address, uint64_t bytes)
{
	for (unsigned int i = 0; i < start_info->memory_map_count; i++) {
		const struct memory *memory = memory_at(i);

		/* What is reserved below 1 MiB is RAM all the same. */
		if ((memory->type == MEMORY_RAM || memory->start < 0x100000) &&
			address < memory->start + memory->bytes && memory->start < address + bytes)
			return true;
	}
	return false;
}

uint64_t ram_end(void)
{
	uint64_t end = 0;

	for (unsigned int i = 0; i < start_info->memory_map_count; i++) {
		const struct memory *memory = memory_at(i);

		if (memory->type == MEMORY_RAM && memory->start + memory->bytes > end && memory->start < 0xc0000000)
			end = memory->start + memory->bytes;
	}
	return end;
}

/*
 * --- PCI ----------------------------------------------------------------------------------------------------------
 */

uint32_t config_read(const struct function *fn, unsigned int offset)
{
	return *(volatile uint32_t *)(fn->config + offset);
}

uint16_t config_read16(const struct function *fn, unsigned int offset)
{
	return *(volatile uint16_t *)(fn->config + offset);
}

void config_write(const struct function *fn, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(fn->config + offset) = value;
}

unsigned int find_functions(struct function *ret_functions)
{
	unsigned int count = 0;

	for (unsigned int place = 0; place < BUS_MAX << 8; place++) {
		struct function fn = { (uint8_t)(place >> 8), place >> 3 & 31, place & 7,
			(uint8_t *)ECAM + ((uint64_t)place << 12) };

		/* Functions beside a missing first one are not ours to find. */
		if (config_read16(&fn, 0) == 0xffff) {
			place |= fn.function ? 0 : 7;
			continue;
		}
		if (count < FUNCTION_MAX)
			ret_functions[count++] = fn;
		if (!fn.function && !(fn.config[HEADER_TYPE] & 0x80))
			place |= 7;
	}
	return count;
}

uint64_t bar_address(const struct function *fn, unsigned int bar)
{
	uint32_t low = config_read(fn, 0x10 + 4 * bar);
	uint64_t address = low & ~15u;

	if ((low >> 1 & 3) == 2)
		address |= (uint64_t)config_read(fn, 0x14 + 4 * bar) << 32;
	return address;
}

void enable(const struct function *fn)
{
	struct function all[FUNCTION_MAX];
	unsigned int count = find_functions(all);

	for (unsigned int i = 0; i < count; i++)
		if ((all[i].config[HEADER_TYPE] & 0x7f) == 1)
			*(volatile uint16_t *)(all[i].config + COMMAND) |= COMMAND_MEMORY_AND_MASTER;
	*(volatile uint16_t *)(fn->config + COMMAND) |= COMMAND_MEMORY_AND_MASTER;
}

/*
 * --- the beginning ------------------------------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{ "dma", hostile_dma },
	{ "config", hostile_config },
	{ "tenant", tenant },
	{ "load", load },
	{ "victim", victim },
};

void bare_main(const struct start_info *info)
{
	start_info = info;
	start_clock();
	random_state = parameter("seed", 1) * 0x9e3779b97f4a7c15ull | 1;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (parameter_is("mode", modes[i].name)) {
			uint64_t status = (uint64_t)modes[i].run();

			say("done %s %u", modes[i].name, status);
		}
	if (parameter_is("mode", "none"))
		say("idle");
	if (!parameter("stay", 0))
		out8(PORT_SLEEP_CONTROL, SLEEP_POWER_OFF);
}
