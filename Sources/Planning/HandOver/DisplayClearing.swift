import Changes
import Inventory
import Wording

/// What the host lets go of before a display leaves it: the login screen, the text consoles, the firmware's picture. Each
/// of them comes back by its inverse when the guest has stopped.
public struct DisplayClearing: Sendable {
    private let display: DisplayInventory
    private let leaving: Set<String>
    private let hasDisplayClass: Bool

    /// - Parameter functions: those that leave the host.
    public init(_ functions: [PCIFunction], on host: Host) {
        display = host.display ?? DisplayInventory()
        leaving = Set(functions.map(\.address.description))
        hasDisplayClass = functions.contains(where: \.class.isDisplay)
    }

    /// Whether a display is among them.
    public var isDisplay: Bool { hasDisplayClass || display.cards.contains(where: isLeaving) }

    /// - Parameter systemctl: the path of systemd's program.
    public static func stopping(_ manager: DisplayManager, systemctl: String) -> PlannedChange {
        .program(
            systemctl,
            ["stop", manager.unit],
            inverse: [.runProgram(path: systemctl, arguments: ["start", manager.unit])],
            reason: Text(
                en: "the login screen and the sessions on it hold the display",
                zh: "登录界面及其会话占用着显示设备"
            )
        )
    }

    /// Text consoles that are drawn on a frame buffer which goes, then the firmware's picture itself.
    public func changes(firmware: [FirmwareFrameBuffer]) -> [PlannedChange] {
        let going = firmware.filter(isGoing)
        var changes: [PlannedChange] = []
        if let first = display.frameBuffers.first,
            isLeaving(first) || going.contains(where: { $0.name == first.device })
        {
            changes = display.terminalConsoles.filter(\.isOnFrameBuffer).map(unbinding)
        }
        return changes + going.map(unbinding)
    }

    private func isLeaving(_ thing: some BelowFunction) -> Bool { thing.functions.last.map(leaving.contains) ?? false }

    /// Whether the firmware's picture lies in the memory of a function that leaves. Kernels that do not hang its device
    /// below the card show that by /proc/iomem only.
    private func isGoing(_ device: FirmwareFrameBuffer) -> Bool {
        display.frameBuffers.contains { $0.device == device.name && isLeaving($0) }
            || display.bootFrameBuffers.contains(where: isLeaving)
    }

    /// `bind` of a console (Documentation/driver-api/console.rst, Documentation/fb/fbcon.rst).
    private func unbinding(_ console: TerminalConsole) -> PlannedChange {
        let path = "/sys/class/vtconsole/\(console.name)/bind"
        return PlannedChange(
            .writeAttribute(path: path, value: "0"),
            before: "1",
            after: "0",
            inverse: [.writeAttribute(path: path, value: "1")],
            expectation: .attribute(path: path, value: "0"),
            reason: Text(en: "takes the text consoles off the screen", zh: "让文本控制台离开屏幕")
        )
    }

    private func unbinding(_ device: FirmwareFrameBuffer) -> PlannedChange {
        let driver = "/sys/bus/platform/drivers/\(device.driver)"
        return PlannedChange(
            .writeAttribute(path: driver + "/unbind", value: device.name),
            before: device.driver,
            after: nil,
            inverse: [.writeAttribute(path: driver + "/bind", value: device.name)],
            expectation: .deviceDriver(folder: device.folder, nil),
            reason: Text(
                en: "the firmware's picture lies in the display's memory",
                zh: "固件的画面位于显示设备的内存中"
            )
        )
    }
}

extension TerminalConsole {
    /// Whether it draws the terminals on a frame buffer now.
    fileprivate var isOnFrameBuffer: Bool { isBound == true && driver?.contains("frame buffer") == true }
}
