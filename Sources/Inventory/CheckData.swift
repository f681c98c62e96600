import CLinux

/// What this binary knows of boards and their parts, as the texts that contributors edit.
public enum CheckData {
    /// The bytes of `Sources/CLinux/data/bios-menus.uci`.
    public static var biosMenus: [UInt8] { bytes(clinux_bios_menus()) }
    /// The bytes of `Sources/CLinux/data/hardware-facts.uci`.
    public static var hardwareFacts: [UInt8] { bytes(clinux_hardware_facts()) }

    private static func bytes(_ table: clinux_table) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: table.bytes, count: table.length))
    }
}
