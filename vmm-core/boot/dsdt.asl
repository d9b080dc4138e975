/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The static part of the guest's ACPI name space: the host bridge, the ECAM's place holder, the serial port, the
 * clock, and how to switch off. Resources that depend on the machine are in the SSDT (acpi.c). No power button device: it
 * is fixed hardware (acpi_pm.c).
 */
DefinitionBlock ("", "DSDT", 2, "SLUICE", "SLUICE  ", 1)
{
    /* SLP_TYP of soft-off, ACPI_PM_S5_TYPE in acpi_pm.h. */
    Name (\_S5, Package () { 5, 0, 0, 0 })

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

        Device (RTC)
        {
            Name (_HID, EisaId ("PNP0B00"))
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0070, 0x0070, 0x01, 0x02)
            })
        }
    }
}
