import Inventory
import Wording

/// The controller of the last keyboard: without it nobody types at this machine.
enum LastInput: Guard {
    static let name = "last-input"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.losses.compactMap { function in
            let who = request.name(function)
            guard let input = host.input else {
                guard function.class.isUSBController else { return nil }
                return finding(
                    .refuse,
                    function,
                    Text(
                        en: "Whether the last keyboard is at \(who.en) cannot be seen (not read).",
                        zh: "无法判断最后的键盘是否接在 \(who.zh) 上（没有读取）。"
                    )
                )
            }
            guard let what = loss(request, function, input) else { return nil }
            return finding(
                function,
                on: host,
                losing: what,
                way: WaysIn(request).withoutScreen,
                lack: Text(
                    en:
                        "No other way in is proven: log in by SSH or on a serial line, or plug a keyboard in elsewhere.",
                    zh: "没有经确认的其他访问途径：请通过 SSH 或串口登录，或在别处接一个键盘。"
                )
            )
        }
    }

    /// A sentence about the keyboard that goes; nil when none does, or another one stays.
    private static func loss(_ request: Request, _ function: PCIFunction, _ input: InputInventory) -> Text? {
        let who = request.name(function)
        let lost = input.devices.lazy.filter { $0.isKeyboard != false }.compactMap { $0.unknown["functions"] }.first
        if let why = input.unknown["devices"] ?? lost {
            guard function.class.isUSBController else { return nil }
            return Text(
                en: "The last keyboard may be at \(who.en) (\(why)).",
                zh: "最后的键盘可能接在 \(who.zh) 上（\(Text(reason: why).zh)）。"
            )
        }
        let stays = input.devices.contains { $0.isKeyboard == true && !$0.isVirtual && !request.takes($0) }
        guard !stays else { return nil }
        let below = input.devices.below(function.address.description)
        guard
            let keyboard = below.first(where: { $0.isKeyboard == true })
                ?? below.first(where: { $0.isKeyboard == nil && function.class.isUSBController })
        else { return nil }
        let title = keyboard.title ?? keyboard.name
        return Text(
            en: "The last keyboard, \(title), is at \(who.en).",
            zh: "最后的键盘（\(title)）接在 \(who.zh) 上。"
        )
    }
}
