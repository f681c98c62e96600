public import Machine
public import Wording

/// Whether the kernel gives QEMU devices by iommufd in place of vfio's container (Documentation/userspace-api/iommufd.rst;
/// Documentation/driver-api/vfio.rst, "VFIO device cdev"): by `/dev/iommu`, and by a node for each device that vfio-pci has.
public enum IOMMUFD: Sendable, Hashable {
    case here
    /// What is missing, as a sentence without its end.
    case absent(Text)
    /// Why it cannot be seen.
    case unknown(Text)

    /// - Parameter functions: what shall be given that way.
    public static func read(_ machine: Machine, for functions: [PCIFunction]) -> IOMMUFD {
        let kernel = Kernel.read(machine)
        let source = kernel.configSource ?? ""
        let release = kernel.release ?? "?"
        func without(_ option: String) -> IOMMUFD {
            .absent(
                Text(
                    en: "The kernel \(release) was built without CONFIG_\(option) (\(source))",
                    zh: "内核 \(release) 编译时没有 CONFIG_\(option)（\(source)）"
                )
            )
        }
        let hasNode = machine.exists("/dev/iommu")
        if !hasNode {
            if kernel.config?["IOMMUFD"] == "n" { return without("IOMMUFD") }
            if kernel.module("iommufd").isMissing, kernel.config?["IOMMUFD"] != "y" {
                return .absent(
                    Text(en: "There is no module iommufd for the kernel \(release)", zh: "内核 \(release) 没有 iommufd 模块")
                )
            }
        }
        if kernel.config?["VFIO_DEVICE_CDEV"] == "n", isWhole(source, on: machine) {
            return without("VFIO_DEVICE_CDEV")
        }
        let bound = functions.filter { $0.driver?.contains("vfio") == true }
        for function in bound {
            let folder = "\(PCIInventory.root)/\(function.address)/vfio-dev"
            let nodes = machine.listIfAny(folder)
            if nodes.contains(where: { machine.exists("\(folder)/\($0)/dev") }) { continue }
            guard machine.isLive || !nodes.isEmpty else { return .unknown(notCaptured(folder)) }
            return .absent(
                Text(
                    en:
                        "vfio-pci has \(function.address), and the kernel \(release) gives it no node in /dev/vfio/devices",
                    zh: "\(function.address) 已由 vfio-pci 接管，但内核 \(release) 没有在 /dev/vfio/devices 中为它建立节点"
                )
            )
        }
        // vfio brings iommufd along when it is loaded.
        if !hasNode, machine.isLive, !bound.isEmpty {
            return .absent(Text(en: "There is no /dev/iommu although vfio is loaded", zh: "vfio 已加载，但没有 /dev/iommu"))
        }
        if hasNode, !bound.isEmpty, bound.count == functions.count { return .here }
        let isConfigured = kernel.config?["IOMMUFD"].map { $0 != "n" } ?? false
        if isConfigured, let node = kernel.config?["VFIO_DEVICE_CDEV"], node != "n" { return .here }
        return .unknown(
            Text(
                en:
                    "no build configuration tells of CONFIG_VFIO_DEVICE_CDEV, and vfio-pci does not have all of the devices yet",
                zh: "没有编译配置说明 CONFIG_VFIO_DEVICE_CDEV，而 vfio-pci 尚未接管全部设备"
            )
        )
    }

    /// Whether a build configuration that does not name the option is without it: a captured one holds only what was asked
    /// for when it was captured.
    private static func isWhole(_ source: String, on machine: Machine) -> Bool {
        if machine.isLive { return true }
        let option = Array("CONFIG_VFIO_DEVICE_CDEV".utf8)
        let lines = try? machine.lines(in: source) { $0.firstRange(of: option) != nil }
        return lines?.isEmpty == false
    }

    private static func notCaptured(_ folder: String) -> Text {
        Text(reason: "\(folder): not part of what was captured")
    }
}
