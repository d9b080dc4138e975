// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In the test guest: Ethernet frames with any source address, and the counting of such frames.
 *
 *	frame send INTERFACE SOURCE DESTINATION COUNT	addresses as 02:00:00:00:00:01
 *	frame count INTERFACE SOURCE SECONDS		prints how many frames from SOURCE came in that time
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	TYPE = 0x88b5, /* for local experiments (IEEE 802) */
	SIZE = 64,
};

static int parse_mac(const char *text, unsigned char mac[ETH_ALEN])
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) == 6;
}

static int open_interface(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	address.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || !address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static int send_frames(int fd, const unsigned char *source, const unsigned char *destination, int count)
{
	unsigned char frame[SIZE] = { 0 };
	int sent = 0;

	memcpy(frame, destination, ETH_ALEN);
	memcpy(frame + ETH_ALEN, source, ETH_ALEN);
	frame[12] = TYPE >> 8;
	frame[13] = TYPE & 0xff;
	strcpy((char *)frame + ETH_HLEN, "SLUICE-FRAME");
	for (int i = 0; i < count; i++) {
		sent += write(fd, frame, sizeof(frame)) == sizeof(frame);
		usleep(2000);
	}
	printf("sent %d\n", sent);
	return sent != count;
}

static int count_frames(int fd, const unsigned char *source, int seconds)
{
	const struct timeval patience = { .tv_usec = 100000 };
	time_t end = time(NULL) + seconds;
	int count = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (time(NULL) < end) {
		unsigned char frame[2048];
		struct sockaddr_ll from;
		socklen_t length = sizeof(from);
		ssize_t size = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &length);

		count += size >= ETH_HLEN && from.sll_pkttype != PACKET_OUTGOING && frame[12] == TYPE >> 8 &&
			 frame[13] == (TYPE & 0xff) && !memcmp(frame + ETH_ALEN, source, ETH_ALEN);
	}
	printf("counted %d\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned char source[ETH_ALEN], destination[ETH_ALEN];

	if (argc == 6 && !strcmp(argv[1], "send") && parse_mac(argv[3], source) && parse_mac(argv[4], destination))
		return send_frames(open_interface(argv[2]), source, destination, atoi(argv[5]));
	if (argc == 5 && !strcmp(argv[1], "count") && parse_mac(argv[3], source))
		return count_frames(open_interface(argv[2]), source, atoi(argv[4]));
	fprintf(stderr, "usage: frame send IF SOURCE DESTINATION COUNT | frame count IF SOURCE SECONDS\n");
	return 2;
}
