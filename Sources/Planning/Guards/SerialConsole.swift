import Inventory
import Wording

/// A serial port that the kernel's console is on, or that the owner is logged in by.
enum SerialConsole: Guard {
    static let name = "serial-console"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.losses.compactMap { function in
            let who = request.name(function)
            // Class 07 is for serial ports and modems.
            let mayHavePorts = function.class.base == 0x07 || function.class.isUSBController
            guard let serial = host.serial, host.session != nil else {
                return mayHavePorts ? unseen(function, who, "not read") : nil
            }
            if mayHavePorts, let why = serial.unknown["ports"] { return unseen(function, who, why) }
            for port in serial.ports.below(function.address.description) {
                guard let use = host.use(of: port) else { continue }
                return finding(
                    function,
                    on: host,
                    losing: Text(
                        en: "\(port.name) behind \(who.en) \(use.en).",
                        zh: "\(who.zh) 后面的 \(port.name) \(use.zh)。"
                    ),
                    way: WaysIn(request).byNetwork,
                    lack: Text(
                        en: "No interface with a link and an address stays: set one up first.",
                        zh: "没有已连通且有地址的网络接口：请先配置好一个。"
                    )
                )
            }
            return nil
        }
    }

    private static func unseen(_ function: PCIFunction, _ who: Text, _ why: String) -> GuardFinding {
        finding(
            .refuse,
            function,
            Text(
                en: "Whether the serial console is on \(who.en) cannot be seen (\(why)).",
                zh: "无法判断串口控制台是否在 \(who.zh) 上（\(Text(reason: why).zh)）。"
            )
        )
    }
}

extension Host {
    /// What a serial port is used for, as the rest of a sentence; nil when for nothing that leads in.
    fileprivate func use(of port: SerialPort) -> Text? {
        if session?.kind == .serial, session?.terminal == port.name {
            return Text(en: "carries this session", zh: "承载当前会话")
        }
        let isListed = display?.kernelConsoles.contains { $0.name == port.name } ?? false
        if port.isConsole == true || isListed {
            return Text(en: "is a console of the kernel", zh: "是内核控制台")
        }
        guard port.isConsole == nil, display?.unknown["kernelConsoles"] != nil || display == nil else { return nil }
        return Text(en: "may be a console of the kernel", zh: "可能是内核控制台")
    }
}
