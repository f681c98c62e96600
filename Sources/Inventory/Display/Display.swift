public import Machine

/// A socket for a screen.
public struct DisplayConnector: Codable, Sendable, Hashable {
    /// Without the card: `HDMI-A-1`, `eDP-1`.
    public var name: String
    /// `connected`, `disconnected` or `unknown`, as the driver last saw it.
    @Nullable public var status: String?
    /// Whether a picture is sent.
    @Nullable public var enabled: Bool?
    public var unknown: [String: String] = [:]
}

/// A graphics card that a DRM driver runs (Documentation/gpu/drm-uapi.rst).
public struct DisplayCard: Codable, Sendable, Hashable, BelowFunction {
    /// `card0`.
    public var name: String
    public var functions: [String] = []
    @Nullable public var driver: String?
    /// Whether the firmware's picture came from it; null where the kernel keeps no such mark.
    @Nullable public var bootVGA: Bool?
    /// Its node for programs that only compute, `renderD128`.
    @Nullable public var renderNode: String?
    public var connectors: [DisplayConnector] = []
    public var unknown: [String: String] = [:]
}

/// A frame buffer device (Documentation/fb/framebuffer.rst).
public struct FrameBuffer: Codable, Sendable, Hashable, BelowFunction {
    /// `fb0`.
    public var name: String
    /// Empty for a firmware frame buffer of a kernel that does not hang it below its card: see `bootFrameBuffers`.
    public var functions: [String] = []
    /// The driver's word: `EFI VGA`, `i915drmfb`, `simple`.
    @Nullable public var driver: String?
    /// The device that it belongs to, as sysfs names it: `0000:00:02.0`, `efi-framebuffer.0`.
    @Nullable public var device: String?
    public var unknown: [String: String] = [:]
}

/// Memory that `/proc/iomem` shows as the firmware's frame buffer.
public struct BootFrameBuffer: Codable, Sendable, Hashable, BelowFunction {
    /// The kernel's word: `BOOTFB`, `efifb`, `simplefb`.
    public var name: String
    /// The PCI function in whose memory it lies; empty where none is shown around it.
    public var functions: [String] = []
    /// Physical addresses, both inside; the kernel shows them to root only.
    @Nullable public var first: UInt64?
    @Nullable public var last: UInt64?
    public var unknown: [String: String] = [:]
}

/// A console of the virtual terminals (`/sys/class/vtconsole`).
public struct TerminalConsole: Codable, Sendable, Hashable {
    public var name: String
    /// `(S) VGA+`, `(M) frame buffer device`.
    @Nullable public var driver: String?
    /// Whether the terminals are drawn by it.
    @Nullable public var isBound: Bool?
    public var unknown: [String: String] = [:]
}

/// A place that kernel messages go to (`/proc/consoles`).
public struct KernelConsole: Codable, Sendable, Hashable {
    /// `tty0`, `ttyS0`.
    public var name: String
    /// The flags between the brackets, without blanks: `E` enabled, `C` preferred (proc_consoles(5)).
    public var flags: String
}

/// What shows pictures and text.
public struct DisplayInventory: Codable, Sendable, Hashable {
    public var cards: [DisplayCard] = []
    public var frameBuffers: [FrameBuffer] = []
    public var bootFrameBuffers: [BootFrameBuffer] = []
    public var terminalConsoles: [TerminalConsole] = []
    public var kernelConsoles: [KernelConsole] = []
    /// The terminals that `/dev/console` stands for, the last one is written to and read from.
    public var activeConsoles: [String] = []
    public var unknown: [String: String] = [:]

    public init() {}

    /// Reads `/sys/class/{drm,graphics,vtconsole,tty/console}`, `/proc/consoles` and `/proc/iomem`; of these only the
    /// addresses in the last one need root.
    public static func read(_ machine: Machine) -> Self {
        var display = Self()
        display.readCards(machine)
        display.readFrameBuffers(machine)
        display.readConsoles(machine)
        display.readBootFrameBuffers(machine)
        return display
    }

    private mutating func readCards(_ machine: Machine) {
        let names: [String]
        do throws(Unreadable) {
            names = try machine.classMembers("drm")
        } catch {
            unknown["cards"] = error.reason
            return
        }
        var renderNodes: [String: String] = [:]
        for name in names where Sysfs.isNumbered(name, "renderD") {
            do throws(Unreadable) {
                guard let path = try machine.devicePathIfThere("/sys/class/drm/" + name) else { continue }
                renderNodes[Machine.parent(of: path)] = name
            } catch {
                unknown["renderNodes"] = error.reason
            }
        }
        for name in names where Sysfs.isNumbered(name, "card") {
            var card = DisplayCard(name: name)
            var path = "/sys/class/drm/" + name
            do throws(Unreadable) {
                path = try machine.devicePath(path)
                card.functions = Sysfs.functions(in: path)
                card.renderNode = renderNodes[Machine.parent(of: path)]
            } catch {
                card.unknown["functions"] = error.reason
            }
            var folder = Attributes(machine, path)
            card.driver = folder.linkName("device/driver", "driver")
            card.unknown.merge(folder.unknown) { $1 }
            if let folder = Sysfs.functionFolder(in: path) {
                var function = Attributes(machine, folder)
                card.bootVGA = function.flag("boot_vga", "bootVGA")
                card.unknown.merge(function.unknown) { $1 }
            }
            for entry in names where entry.utf8.starts(with: (name + "-").utf8) {
                var part = Attributes(machine, path + "/" + entry)
                var connector = DisplayConnector(name: String(entry.dropFirst(name.count + 1)))
                connector.status = part.text("status", "status", required: true)
                connector.enabled = part.text("enabled", "enabled").map { $0 == "enabled" }
                connector.unknown = part.unknown
                card.connectors.append(connector)
            }
            cards.append(card)
        }
    }

    private mutating func readFrameBuffers(_ machine: Machine) {
        do throws(Unreadable) {
            for name in try machine.classMembers("graphics") where Sysfs.isNumbered(name, "fb") {
                var buffer = FrameBuffer(name: name)
                var path = "/sys/class/graphics/" + name
                do throws(Unreadable) {
                    path = try machine.devicePath(path)
                    buffer.functions = Sysfs.functions(in: path)
                } catch {
                    buffer.unknown["functions"] = error.reason
                }
                var folder = Attributes(machine, path)
                buffer.driver = folder.text("name", "driver", required: true)
                buffer.device = folder.linkName("device", "device")
                buffer.unknown.merge(folder.unknown) { $1 }
                frameBuffers.append(buffer)
            }
        } catch {
            unknown["frameBuffers"] = error.reason
        }
    }

    private mutating func readConsoles(_ machine: Machine) {
        do throws(Unreadable) {
            for name in try machine.classMembers("vtconsole") {
                var folder = Attributes(machine, "/sys/class/vtconsole/" + name)
                var console = TerminalConsole(name: name)
                console.driver = folder.text("name", "driver", required: true)
                console.isBound = folder.flag("bind", "isBound", required: true)
                console.unknown = folder.unknown
                terminalConsoles.append(console)
            }
        } catch {
            unknown["terminalConsoles"] = error.reason
        }
        do throws(Unreadable) {
            for line in try machine.textLines("/proc/consoles") {
                let words = Lines.words(line)
                guard let name = words.first else { continue }
                let inside = line.utf8.drop { $0 != UInt8(ascii: "(") }.dropFirst().prefix { $0 != UInt8(ascii: ")") }
                let flags = String(decoding: inside.filter { $0 != 0x20 }, as: UTF8.self)
                kernelConsoles.append(KernelConsole(name: name, flags: flags))
            }
        } catch {
            unknown["kernelConsoles"] = error.reason
        }
        var folder = Attributes(machine, "/sys/class/tty/console")
        activeConsoles = Lines.words(folder.text("active", "activeConsoles", required: true) ?? "")
        unknown.merge(folder.unknown) { $1 }
    }
}
