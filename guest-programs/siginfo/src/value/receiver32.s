# A whole 32-bit program: an ELF file of one segment, header and all. It takes
# signal 44 twice, by rt_sigtimedwait and by a handler, and each time writes the
# 128 bytes of siginfo that the kernel gave it to its standard output.
#
# Registers and numbers of system calls are those of 32-bit programs: `int $0x80`
# takes the number in %eax, the arguments in %ebx, %ecx, %edx, %esi
# (arch/x86/entry/syscalls/syscall_32.tbl in the kernel).

        .pushsection .rodata.receiver32, "a"
        .code32

        .set    BASE, 0x08048000        # where the segment is to lie
        .set    SIGNAL, 44
        .set    SIGINFO_SIZE, 128

        .globl  receiver32
        .globl  receiver32_end

receiver32:                             # elf(5): Elf32_Ehdr
        .ascii  "\177ELF"
        .byte   1, 1, 1, 0              # 32-bit, little-endian, version 1
        .zero   8
        .short  2, 3                    # ET_EXEC, EM_386
        .long   1                       # version
        .long   BASE + entry - receiver32
        .long   segment - receiver32
        .long   0, 0                    # no sections, no flags
        .short  segment - receiver32, 32, 2
        .short  0, 0, 0

segment:                                # Elf32_Phdr, two: the whole file, read-only
        .long   1                       # PT_LOAD
        .long   0, BASE, BASE
        .long   receiver32_end - receiver32, receiver32_end - receiver32
        .long   5                       # PF_R | PF_X
        .long   0x1000
        .long   0x6474e551              # PT_GNU_STACK: no code on the stack
        .long   0, 0, 0, 0, 0
        .long   6                       # PF_R | PF_W
        .long   0

set:                                    # the signal alone: bit 43 of 64
        .long   0, 1 << (SIGNAL - 33)

action:                                 # struct sigaction, for rt_sigaction
        .long   BASE + handler - receiver32
        .long   4                       # SA_SIGINFO
        .long   0                       # no sa_restorer: it does not return
        .long   0, 0                    # sa_mask

entry:
        # rt_sigtimedwait_time64(&set, siginfo on the stack, NULL, 8). The older
        # one, 177, is for a time of 32 bits, which this kernel does not know.
        subl    $SIGINFO_SIZE, %esp
        movl    $421, %eax
        movl    $(BASE + set - receiver32), %ebx
        movl    %esp, %ecx
        xorl    %edx, %edx
        movl    $8, %esi
        int     $0x80
        cmpl    $SIGNAL, %eax
        jne     failed
        movl    %esp, %ecx
        call    print

        # rt_sigaction(SIGNAL, &action, NULL, 8)
        movl    $174, %eax
        movl    $SIGNAL, %ebx
        movl    $(BASE + action - receiver32), %ecx
        xorl    %edx, %edx
        movl    $8, %esi
        int     $0x80
        testl   %eax, %eax
        jnz     failed

        # rt_sigprocmask(SIG_UNBLOCK, &set, NULL, 8): the next is delivered
        movl    $175, %eax
        movl    $1, %ebx
        movl    $(BASE + set - receiver32), %ecx
        xorl    %edx, %edx
        movl    $8, %esi
        int     $0x80
        jmp     failed                  # the handler does not come back

handler:                                # its arguments are on the stack
        movl    8(%esp), %ecx           # the second: siginfo_t *
        call    print
        xorl    %ebx, %ebx
        jmp     exit

print:  # write(1, siginfo, 128)
        movl    $4, %eax
        movl    $1, %ebx
        movl    $SIGINFO_SIZE, %edx
        int     $0x80
        cmpl    $SIGINFO_SIZE, %eax
        jne     failed
        ret

failed: movl    $1, %ebx
exit:   movl    $1, %eax
        int     $0x80

receiver32_end:
        .code64
        .popsection
