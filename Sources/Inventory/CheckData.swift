import CLinux

/// What this binary knows of boards and their parts, as the texts that contributors edit.
public enum CheckData {
    /// The bytes of `Sources/CLinux/data/bios-menus.uci`.
    public static var biosMenus: [UInt8] { clinux_bios_menus().contents }
    /// The bytes of `Sources/CLinux/data/hardware-facts.uci`.
    public static var hardwareFacts: [UInt8] { clinux_hardware_facts().contents }
}
