import Inventory
import Wording

/// A modem: where the wire fails, it may be the only way out and in, whether it is dialled in now or not.
enum UplinkModem: Guard {
    static let name = "uplink-modem"
    static let levels = [GuardLevel.refuse, .consent]

    static func findings(_ request: Request) -> [GuardFinding] {
        let host = request.host
        return request.losses.compactMap { function in
            guard let modem = host.modem(below: function) else { return nil }
            let who = request.name(function)
            let other = WaysIn(request).wires.first(where: \.hasDefaultRoute)
            return finding(
                function,
                on: host,
                losing: Text(
                    en: "The modem \(modem) behind \(who.en) may be this host's way to the network.",
                    zh: "\(who.zh) 后面的调制解调器 \(modem) 可能是本机的上网途径。"
                ),
                way: other?.text,
                lack: Text(
                    en: "No other interface with a link and a default route stays: set one up first.",
                    zh: "没有其他已连通且有默认路由的接口：请先配置好一个。"
                )
            )
        }
    }
}

extension Host {
    /// Drivers of interfaces that only modems have.
    private static let modemDrivers: Set<String> = [
        "qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "sierra_net", "hso", "iosm", "mtk_t7xx", "mhi_net", "mhi_wwan_mbim",
    ]

    /// A modem below a function, by its interface, its control node or its USB place; nil when there is none.
    fileprivate func modem(below function: PCIFunction) -> String? {
        let bdf = function.address.description
        for interface in network?.interfaces.below(bdf) ?? [] {
            let isDriven = interface.driver.map(Self.modemDrivers.contains) ?? false
            if interface.type == "wwan" || isDriven { return interface.name }
        }
        let nodes = (networkConfiguration?.modems ?? []).compactMap(\.device)
        for device in usb?.devices.below(bdf) ?? [] where !device.isHub {
            for use in device.usedBy {
                let isControl = use.kind == "usbmisc" && use.name.hasPrefix("cdc-wdm")
                if isControl || nodes.contains("/dev/" + use.name) { return use.name }
            }
            // ModemManager's configuration names the device's folder in sysfs.
            if nodes.contains(where: { $0.hasPrefix("/sys/") && $0.hasSuffix("/" + device.portPath) }) {
                return device.product ?? device.portPath
            }
        }
        for port in serial?.ports.below(bdf) ?? [] where nodes.contains("/dev/" + port.name) { return port.name }
        return nodes.contains { $0.hasPrefix("/sys/") && $0.hasSuffix("/" + bdf) } ? bdf : nil
    }
}
