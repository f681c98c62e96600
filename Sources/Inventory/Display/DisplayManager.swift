public import Machine

/// The program that shows the login screen, as systemd runs it (`display-manager.service`, systemd.special(7)).
public struct DisplayManager: Sendable, Hashable {
    /// `gdm.service`
    public var unit: String
    /// Whether it has processes now; nil where systemd's control groups cannot be seen.
    public var isActive: Bool?

    public init(unit: String, isActive: Bool?) {
        self.unit = unit
        self.isActive = isActive
    }

    private static let alias = "/etc/systemd/system/display-manager.service"
    private static let groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd"]

    /// The one that this system is set up with; nil when it has none, or no systemd.
    public static func read(_ machine: Machine) -> DisplayManager? {
        guard machine.exists(alias), machine.exists("/run/systemd/system") else { return nil }
        var path = alias
        for _ in 0..<8 {
            guard let target = try? machine.linkTarget(path) else { break }
            path = target
        }
        let unit = Machine.lastComponent(of: path)
        return DisplayManager(unit: unit, isActive: isActive(unit, machine))
    }

    /// `populated` counts processes of groups below, too (Documentation/admin-guide/cgroup-v2.rst); the older groups of
    /// systemd only have the list.
    private static func isActive(_ unit: String, _ machine: Machine) -> Bool? {
        guard let root = groups.first(where: { machine.exists($0 + "/system.slice") }) else { return nil }
        let folder = "\(root)/system.slice/\(unit)"
        if let events = machine.textIfAny(folder + "/cgroup.events") { return events.contains("populated 1") }
        guard let processes = machine.textIfAny(folder + "/cgroup.procs") else { return false }
        return !processes.isEmpty
    }

    /// Whether a process ends with it: its own, and those of the people who are logged in on its screen.
    public func ends(_ pid: Int, on machine: Machine) -> Bool {
        let groups = machine.textIfAny("/proc/\(pid)/cgroup") ?? ""
        return groups.contains("/system.slice/\(unit)") || groups.contains("/user.slice/")
    }
}

/// A device that the kernel made for the picture that the firmware left, with the driver that draws on it.
public struct FirmwareFrameBuffer: Sendable, Hashable {
    /// `efi-framebuffer.0`
    public var name: String
    /// `efi-framebuffer`
    public var driver: String

    public init(name: String, driver: String) {
        self.name = name
        self.driver = driver
    }

    static let folder = "/sys/bus/platform/devices"

    /// Its folder in sysfs.
    public var folder: String { "\(Self.folder)/\(name)" }

    /// Those that have a driver now (drivers/firmware/sysfb.c names them).
    public static func read(_ machine: Machine) -> [FirmwareFrameBuffer] {
        machine.listIfAny(folder).compactMap { name in
            guard isName(name), let driver = machine.linkName("\(folder)/\(name)/driver") else { return nil }
            return FirmwareFrameBuffer(name: name, driver: driver)
        }
    }

    /// Whether a device of the platform bus is one.
    public static func isName(_ name: String) -> Bool {
        ["efi-framebuffer.", "simple-framebuffer.", "vesa-framebuffer."].contains { name.hasPrefix($0) }
    }
}
