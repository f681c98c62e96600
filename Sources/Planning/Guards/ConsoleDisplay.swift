import Inventory
import Wording

/// The display that shows the console, or the only one: without it nobody sees this machine's login or its failsafe
/// prompt.
enum ConsoleDisplay: Guard {
    static let name = "console-display"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.losses.compactMap { function in
            guard let reason = reason(request, function) else { return nil }
            let who = request.name(function)
            guard host.display != nil else {
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "Whether \(who.en) shows the console cannot be seen (not read).",
                        zh: "无法判断 \(who.zh) 是否显示控制台（没有读取）。"
                    )
                )
            }
            return finding(
                function,
                on: host,
                losing: Text(
                    en: "\(who.en) \(reason.en): without it the screen of this host stays dark.",
                    zh: "\(who.zh) \(reason.zh)：没有它，本机屏幕将一片漆黑。"
                ),
                way: WaysIn(request).withoutScreen,
                lack: Text(
                    en: "No other way in is proven: log in by SSH or on a serial line, and ask again from there.",
                    zh: "没有经确认的其他访问途径：请通过 SSH 或串口登录，再从那里重试。"
                )
            )
        }
    }

    /// Why the function's screen is missed, as the rest of a sentence; nil when it is not.
    private static func reason(_ request: Request, _ function: PCIFunction) -> Text? {
        let bdf = function.address.description
        let display = request.host.display
        let cards = display?.cards.filter { $0.functions.last == bdf } ?? []
        let buffers = display?.frameBuffers.filter { $0.functions.last == bdf } ?? []
        let isFirmwares = display?.bootFrameBuffers.contains { $0.functions.last == bdf } ?? false
        guard function.class.isDisplay || !cards.isEmpty || !buffers.isEmpty || isFirmwares else { return nil }
        if isFirmwares || cards.contains(where: { $0.bootVGA == true }) || function.details?.bootVGA == true {
            return Text(en: "is the display of the firmware and the console", zh: "是固件和控制台所用的显示设备")
        }
        let lost =
            display?.cards.lazy.compactMap { $0.unknown["functions"] ?? $0.unknown["bootVGA"] }.first
            ?? display?.frameBuffers.lazy.compactMap { $0.unknown["functions"] }.first
        if let why = display?.unknown["cards"] ?? display?.unknown["frameBuffers"] ?? lost {
            return Text(en: "may show the console (\(why))", zh: "可能显示控制台（\(Text(reason: why).zh)）")
        }
        if let display, display.drawsOnFrameBuffer {
            // The kernel puts its terminals on the first frame buffer, unless the firmware marked another card.
            let first = display.frameBuffers.first
            let isMarked = display.cards.contains { $0.bootVGA == true }
            if !isMarked, let first, buffers.contains(where: { $0.name == first.name }) {
                return Text(en: "shows the console (\(first.name))", zh: "显示控制台（\(first.name)）")
            }
            let socket = cards.flatMap(\.connectors).first { $0.status == "connected" }
            if !isMarked, first?.functions.isEmpty ?? true, let socket {
                return Text(
                    en: "has a screen at \(socket.name) that may show the console",
                    zh: "在 \(socket.name) 上接有屏幕，可能显示控制台"
                )
            }
        }
        return request.leavesAny(\.isDisplay)
            ? nil : Text(en: "is the only display of this host", zh: "是本机唯一的显示设备")
    }
}

extension DisplayInventory {
    /// Whether the terminals are drawn on a frame buffer, or may be.
    fileprivate var drawsOnFrameBuffer: Bool {
        if unknown["terminalConsoles"] != nil { return true }
        return terminalConsoles.contains {
            $0.isBound != false && ($0.driver ?? "frame buffer").contains("frame buffer")
        }
    }
}
