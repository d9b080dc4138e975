/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The static part of the guest's ACPI name space: the host bridge, the ECAM's place holder, where INTx goes, the
 * serial port, the power button, and how to switch off. Resources that depend on the machine are in the SSDT (acpi.c).
 */
DefinitionBlock ("", "DSDT", 2, "SLUICE", "SLUICE  ", 1)
{
    /* SLP_TYP of soft-off, ACPI_POWER_S5_TYPE in acpi_power.h. */
    Name (\_S5, Package () { 5, 0, 0, 0 })

    /* Who is in charge of interrupts: the PIC until the operating system says the IOAPIC. */
    Name (\PICM, Zero)
    Method (\_PIC, 1, NotSerialized)
    {
        Store (Arg0, \PICM)
    }

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_SEG, 0)
            Name (_BBN, 0)

            /*
             * The operating system gets native hot plug, PME, AER and the PCI Express capability (PCI Firmware 3.3,
             * 4.5.1): there is no firmware that would want them. It does not get SHPC hot plug and LTR: the ports have
             * neither.
             */
            Method (_OSC, 4, Serialized)
            {
                CreateDWordField (Arg3, 0, STAT)
                If (LEqual (Arg0, ToUUID ("33db4d5b-1ff7-401c-9657-7441c03dd766")))
                {
                    CreateDWordField (Arg3, 8, CTRL)
                    If (LNotEqual (Arg1, One))
                    {
                        Or (STAT, 0x08, STAT)
                    }
                    And (CTRL, 0x1D, Local0)
                    If (LNotEqual (CTRL, Local0))
                    {
                        Or (STAT, 0x10, STAT)
                    }
                    Store (Local0, CTRL)
                    Return (Arg3)
                }
                Or (STAT, 0x04, STAT)
                Return (Arg3)
            }

            /*
             * Where INTA to INTD of root ports 1 to 30 arrive, those of the functions behind them, swizzled, included:
             * irq_pci_gsi() and irq_pci_line() in irq.c, as a list.
             */
            Name (LINE, Package () { 3, 5, 6, 7, 10, 11, 12, 14 })
            Method (_PRT, 0, Serialized)
            {
                Store (Package (120) {}, Local0)
                Store (Zero, Local1)
                While (LLess (Local1, 120))
                {
                    Add (ShiftRight (Local1, 2), One, Local2)
                    And (Local1, 3, Local3)
                    And (Add (Local2, Local3), 7, Local4)
                    If (\PICM)
                    {
                        Add (Local4, 16, Local4)
                    }
                    Else
                    {
                        Store (DerefOf (Index (LINE, Local4)), Local4)
                    }
                    Store (Package (4) {}, Local5)
                    Store (Or (ShiftLeft (Local2, 16), 0xFFFF), Index (Local5, Zero))
                    Store (Local3, Index (Local5, One))
                    Store (Zero, Index (Local5, 2))
                    Store (Local4, Index (Local5, 3))
                    Store (Local5, Index (Local0, Local1))
                    Increment (Local1)
                }
                Return (Local0)
            }
        }

        /* Holds the configuration space's addresses; _CRS in the SSDT. */
        Device (ECAM)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 0)
        }

        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x03F8, 0x03F8, 0x01, 0x08)
                IRQNoFlags () { 4 }
            })
        }

        /* acpi_power.h: what happened, which reading clears; that somebody listens. */
        OperationRegion (PWRR, SystemIO, 0x0600, 0x02)
        Field (PWRR, ByteAcc, NoLock, Preserve)
        {
            HAPP, 8,
            LSTN, 8
        }

        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 9 }
            })
            Method (_INI, 0, NotSerialized)
            {
                Store (One, LSTN)
            }
            Method (_EVT, 1, Serialized)
            {
                Store (HAPP, Local0)
                If (And (Local0, One))
                {
                    Notify (\_SB.PWRB, 0x80)
                }
            }
        }

        Device (PWRB)
        {
            Name (_HID, EisaId ("PNP0C0C"))
            Name (_UID, 0)
        }
    }
}
