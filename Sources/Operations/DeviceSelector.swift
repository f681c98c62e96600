import Inventory
import Wording

/// Finds the function that a person means: by address, or by `vendor:device` if it is the only one.
public struct DeviceSelector {
    let functions: [PCIFunction]

    public init(_ host: Host) throws(Failure) {
        guard let functions = host.pci?.functions else {
            let why = host.pci?.unknown["functions"] ?? ""
            throw Failure(
                .missing,
                Text(
                    en: "The PCI functions of this machine cannot be read: \(why).",
                    zh: "无法读取本机的 PCI 功能：\(Text(reason: why).zh)。"
                )
            )
        }
        self.functions = functions
    }

    public func function(_ name: String) throws(Failure) -> PCIFunction {
        if let address = PCIAddress(name) {
            if let function = functions.first(where: { $0.address == address }) { return function }
            throw Failure(
                .notFound,
                Text(
                    en: "There is no PCI function at \(address): `passthru devices` lists those that are there.",
                    zh: "\(address) 处没有 PCI 功能：`passthru devices` 会列出现有的。"
                )
            )
        }
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...4).contains($0.utf8.count) }),
            let vendor = UInt16(parts[0], radix: 16), let device = UInt16(parts[1], radix: 16)
        else {
            throw Failure(
                .usage,
                Text(
                    en:
                        "\(name) is no device: write an address such as 0000:02:00.0, or vendor:device such as 8086:10d3.",
                    zh: "\(name) 不是设备：请写地址（如 0000:02:00.0）或 vendor:device（如 8086:10d3）。"
                )
            )
        }
        let found = functions.filter { $0.vendor.value == vendor && $0.device.value == device }
        guard let first = found.first else {
            throw Failure(
                .notFound,
                Text(
                    en: "No PCI function of this machine has the id \(name): `passthru devices` lists them.",
                    zh: "本机没有 ID 为 \(name) 的 PCI 功能：`passthru devices` 会列出它们。"
                )
            )
        }
        guard found.count == 1 else {
            throw Failure(
                .usage,
                Text(
                    en: "\(found.count) functions have the id \(name): name one by its address.",
                    zh: "有 \(found.count) 个功能的 ID 是 \(name)：请用地址指明其中一个。"
                ),
                details: found.map { Text(verbatim: "\($0.address) \($0.displayName)") }
            )
        }
        return first
    }

    public func functions(_ names: [String]) throws(Failure) -> [PCIFunction] {
        var result: [PCIFunction] = []
        for name in names {
            let function = try function(name)
            if !result.contains(where: { $0.address == function.address }) { result.append(function) }
        }
        return result
    }
}
