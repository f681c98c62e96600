import Inventory
import Wording

/// Bridges, host bridges, SMBus, ISA and IOMMU functions are never bound: the machine runs on them.
enum PlatformFunction: Guard {
    static let name = "platform-function"
    static let levels = [GuardLevel.refuse]

    static func findings(_ request: Request) -> [GuardFinding] {
        request.wanted.compactMap { function in
            guard let role = function.class.platformRole else { return nil }
            let name = role.name
            return finding(
                .refuse,
                function,
                Text(
                    en:
                        "\(function.address) is \(name.en), which the machine itself runs on: it cannot be given to a guest.",
                    zh: "\(function.address) 是\(name.zh)，机器本身要靠它运行：不能交给虚拟机。"
                )
            )
        }
    }
}

extension PCIClass.PlatformRole {
    /// What to call it, with an article in English.
    public var name: Text {
        switch self {
        case .hostBridge: Text(en: "a host bridge", zh: "主桥")
        case .isaBridge: Text(en: "an ISA (LPC) bridge", zh: "ISA（LPC）桥")
        case .bridge: Text(en: "a PCI bridge", zh: "PCI 桥")
        case .otherBridge: Text(en: "a bridge", zh: "桥")
        case .smbus: Text(en: "an SMBus controller", zh: "SMBus 控制器")
        case .iommu: Text(en: "an IOMMU", zh: "IOMMU 单元")
        case .systemPeripheral: Text(en: "a system peripheral", zh: "系统外设")
        case .memoryController: Text(en: "a memory controller", zh: "内存控制器")
        }
    }
}
