internal import Formats
public import Machine

/// A serial terminal of a device below a PCI function: a UART card, a modem, a USB adapter, a virtio console.
public struct SerialPort: Codable, Sendable, Hashable, BelowFunction {
    /// `ttyS4`.
    public var name: String
    public var functions: [String] = []
    @Nullable public var driver: String?
    /// Whether `/dev/console` stands for it, among others, or the kernel's command line names it (`console=`).
    @Nullable public var isConsole: Bool?
    public var unknown: [String: String] = [:]
}

/// The serial terminals that leave with a PCI function; the others are not listed.
public struct SerialInventory: Codable, Sendable, Hashable {
    public var ports: [SerialPort] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads `/sys/class/tty` and `/proc/cmdline`; needs no root.
    public static func read(_ machine: Machine) -> Self {
        var serial = Self()
        do throws(Unreadable) {
            var console = Attributes(machine, "/sys/class/tty/console")
            let active = console.text("active", "isConsole", required: true).map(Lines.words)
            var kernel = Attributes(machine, "/proc")
            let line = KernelCommandLine(kernel.text("cmdline", "isConsole") ?? "")
            // `ttyS4,115200n8`
            let named = Set(line.values(of: "console").map { String($0.prefix { $0 != "," }) })
            for name in try machine.classMembers("tty") where !Sysfs.isNumbered(name, "tty") {
                guard let path = try machine.devicePathIfThere("/sys/class/tty/" + name) else { continue }
                let functions = Sysfs.functions(in: path)
                guard !functions.isEmpty else { continue }
                var port = SerialPort(name: name, functions: functions)
                var folder = Attributes(machine, path)
                port.driver = folder.linkName("device/driver", "driver")
                port.isConsole = named.contains(name) ? true : active?.contains(name)
                port.unknown = folder.unknown
                if port.isConsole == false, kernel.unknown["isConsole"] != nil { port.isConsole = nil }
                if port.isConsole == nil {
                    port.unknown["isConsole"] = console.unknown["isConsole"] ?? kernel.unknown["isConsole"]
                }
                serial.ports.append(port)
            }
        } catch {
            serial.unknown["ports"] = error.reason
        }
        return serial
    }
}
