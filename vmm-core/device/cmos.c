// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The real-time clock; see cmos.h. Registers as in the MC146818A data sheet, BCD and 24 hours, plus the century byte. A
 * guest that reads the time twice until both agree, or waits for the update bit to clear, sees a clock that never
 * updates while it looks: each register is computed when it is read. The only memory is the alarm and register B.
 */
#include "vmm-core/device/cmos.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
	REG_SECOND = 0,
	REG_SECOND_ALARM,
	REG_MINUTE,
	REG_MINUTE_ALARM,
	REG_HOUR,
	REG_HOUR_ALARM,
	REG_WEEKDAY,
	REG_DAY,
	REG_MONTH,
	REG_YEAR,
	REG_A,
	REG_B,
	REG_C,
	REG_D,
	INDEX_MASK = 0x7f,
	A_TIME_BASE = 0x26, /* 32768 Hz, 1024 Hz rate; update in progress is never set */
	B_24_HOURS = 1 << 1,
	D_VALID = 1 << 7,
	DAY_SECONDS = 24 * 3600,
	EPOCH_WEEKDAY = 4, /* 1970-01-01 was a Thursday */
	ALARM_COUNT = REG_HOUR_ALARM + 1,
};

struct cmos {
	time_t (*now)(time_t *);
	uint8_t index;
	uint8_t alarm[ALARM_COUNT];
};

int cmos_new(struct cmos **ret_cmos, time_t (*now)(time_t *), struct error *err)
{
	struct cmos *cmos = calloc(1, sizeof(*cmos));

	if (!cmos)
		return fail(err, ENOMEM, "create the real-time clock");
	cmos->now = now;
	*ret_cmos = cmos;
	return 0;
}

void cmos_free(struct cmos *cmos)
{
	free(cmos);
}

static uint8_t bcd(int value)
{
	return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* As gmtime_r(), which may open the time zone's file first: this process opens none. now is 1970 or later. */
static void split_time(time_t now, struct tm *ret_tm)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	long days = now / DAY_SECONDS;
	int rest = (int)(now % DAY_SECONDS), year = 1970, month = 0, length;

	*ret_tm = (struct tm){ .tm_hour = rest / 3600, .tm_min = rest / 60 % 60, .tm_sec = rest % 60 };
	ret_tm->tm_wday = (int)((days + EPOCH_WEEKDAY) % 7);
	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= (length = month_days[month] + (month == 1 && is_leap(year))); month++)
		days -= length;
	ret_tm->tm_year = year - 1900;
	ret_tm->tm_mon = month;
	ret_tm->tm_mday = (int)days + 1;
}

static uint8_t read_register(const struct cmos *cmos)
{
	struct tm tm;

	split_time(cmos->now(NULL), &tm);
	switch (cmos->index) {
	case REG_SECOND:
		return bcd(tm.tm_sec);
	case REG_MINUTE:
		return bcd(tm.tm_min);
	case REG_HOUR:
		return bcd(tm.tm_hour);
	case REG_WEEKDAY:
		return bcd(tm.tm_wday + 1);
	case REG_DAY:
		return bcd(tm.tm_mday);
	case REG_MONTH:
		return bcd(tm.tm_mon + 1);
	case REG_YEAR:
		return bcd(tm.tm_year % 100);
	case CMOS_CENTURY:
		return bcd(tm.tm_year / 100 + 19);
	case REG_SECOND_ALARM:
	case REG_MINUTE_ALARM:
	case REG_HOUR_ALARM:
		return cmos->alarm[cmos->index];
	case REG_A:
		return A_TIME_BASE;
	case REG_B:
		return B_24_HOURS;
	case REG_D:
		return D_VALID;
	default:
		return 0; /* register C, and memory that firmware would keep: there is none */
	}
}

static uint64_t bus_read_cmos(void *opaque, uint64_t offset, unsigned int size)
{
	const struct cmos *cmos = opaque;

	/* The index cannot be read back on a PC; a word is index and data together. */
	if (offset == 1)
		return read_register(cmos);
	return size == 1 ? 0xff : 0xff | (uint64_t)read_register(cmos) << 8;
}

static void write_data(struct cmos *cmos, uint8_t value)
{
	if (cmos->index == REG_SECOND_ALARM || cmos->index == REG_MINUTE_ALARM || cmos->index == REG_HOUR_ALARM)
		cmos->alarm[cmos->index] = value;
}

static void bus_write_cmos(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct cmos *cmos = opaque;

	if (offset == 1) {
		write_data(cmos, (uint8_t)value);
		return;
	}
	cmos->index = value & INDEX_MASK;
	if (size > 1)
		write_data(cmos, (uint8_t)(value >> 8));
}

const struct bus_ops cmos_bus_ops = {
	.name = "cmos",
	.read = bus_read_cmos,
	.write = bus_write_cmos,
};
