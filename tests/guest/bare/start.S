/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First instructions of the bare guest: from a PVH entry (32-bit protected mode, no paging, EBX: hvm_start_info) to 64
 * bits, with the first TiB mapped where it is, in pages of 1 GiB. There is no interrupt table: interrupts stay off for
 * ever.
 */
	.set	TIB_GIBS, 1024
	.set	PAGE_1G, 0x83		/* present, writable, large */
	.set	TABLE, 0x3
	.set	EFER, 0xc0000080

	.section .note.pvh, "a", @note
	.long	4, 4, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start

	.text
	.code32
	.globl	start
start:
	cli
	movl	$stack_top, %esp
	movl	%ebx, %edi
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$30, %eax
	orl	$PAGE_1G, %eax
	cmpl	$3, %ecx		/* behind RAM there are registers: not cached */
	jb	2f
	orl	$0x18, %eax
2:
	movl	%eax, pages(, %ecx, 8)
	movl	%ecx, %eax
	shrl	$2, %eax
	movl	%eax, pages + 4(, %ecx, 8)
	incl	%ecx
	cmpl	$TIB_GIBS, %ecx
	jb	1b
	movl	$pages + TABLE, top
	movl	$pages + 4096 + TABLE, top + 8
	movl	$top, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$EFER, %ecx
	rdmsr
	orl	$0x100, %eax		/* long mode */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80000001, %eax	/* paging, protection */
	movl	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$8, $wide

	.code64
wide:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	call	bare_main
3:	hlt
	jmp	3b

	.section .rodata
	.balign	8
gdt:	.quad	0, 0x00af9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.bss
	.balign	4096
top:	.skip	4096
pages:	.skip	8192
	.skip	16384
stack_top:
	.section .note.GNU-stack, "", @progbits
