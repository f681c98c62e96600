import Formats
import Inventory
import Wording

/// Whether what other tools say about drivers at boot is so, and means the devices that it should.
public enum OtherTools: Check {
    public static let id = "other-tools"
    public static let title = Text(en: "Other tools agree with what is bound", zh: "其他工具的设置与实际绑定一致")
    public static let importance = Importance.advice

    public static func applies(to host: Host) -> Bool {
        guard let bindings = host.bootBindings else { return false }
        return !bindings.overrides.isEmpty || !bindings.ids.isEmpty || !bindings.mappings.isEmpty
            || bindings.unknown.keys.contains { $0 != "/etc" }
    }

    public static func answer(_ host: Host) -> Finding.Answer {
        guard let bindings = host.bootBindings else { return .unknown("not read") }
        guard let functions = host.pci?.functions else {
            return .unknown(host.pci?.unknown["functions"] ?? "not read")
        }
        var answers = bindings.overrides.map { override($0, functions) }
        answers += bindings.ids.map { id($0, functions) }
        answers += bindings.mappings.map { mapping($0, functions) }
        answers += bindings.unknown.values.sorted().map { .unknown($0) }
        return Finding.Answer.joined(answers) ?? .unknown("not read")
    }

    /// driverctl(8): a file for each device.
    private static func override(_ entry: BootBindings.Entry, _ functions: [PCIFunction]) -> Finding.Answer {
        let words = entry.value.split(separator: " ").map(String.init)
        let evidence = Text(verbatim: "\(entry.path): \(words.last ?? "")")
        guard let function = functions.first(where: { $0.address.description == words.first }) else {
            return adoptable(evidence + Text(en: ", and there is no such device", zh: "，但没有这个设备"))
        }
        if let why = function.unknown["driver"] { return .unknown(why) }
        guard function.driver == words.last else {
            return adoptable(evidence + driver(function))
        }
        return .ok(evidence)
    }

    private static func id(_ entry: BootBindings.Entry, _ functions: [PCIFunction]) -> Finding.Answer {
        let evidence = Text(verbatim: "\(entry.path): ids=\(entry.value)")
        guard let id = VFIOID(entry.value) else {
            return adoptable(evidence + Text(en: ", which is no id", zh: "，这不是有效的 ID"))
        }
        let meant = functions.filter { function in
            id.matches(
                vendor: function.vendor.value,
                device: function.device.value,
                subvendor: function.subsystemVendor?.value,
                subdevice: function.subsystemDevice?.value,
                class: function.class.code
            )
        }
        if let why = meant.lazy.compactMap({ $0.unknown["driver"] }).first { return .unknown(why) }
        guard let function = meant.first else {
            return adoptable(evidence + Text(en: ", and there is no such device", zh: "，但没有这样的设备"))
        }
        guard meant.count == 1 else {
            let list = Text.list(meant.map(\.address.description))
            return adoptable(
                evidence
                    + Text(en: " takes all of \(list.en), which are alike", zh: " 会同时占用相同的 \(list.zh)")
            )
        }
        return function.driver == "vfio-pci" ? .ok(evidence) : adoptable(evidence + driver(function))
    }

    private static func driver(_ function: PCIFunction) -> Text {
        Text(
            en: ", but \(function.address) has \(function.driver ?? "no driver")",
            zh: "，但 \(function.address) 现在\(function.driver.map { "由 \($0) 驱动" } ?? "没有驱动")"
        )
    }

    private static func adoptable(_ evidence: Text) -> Finding.Answer {
        .problem(
            evidence,
            remedy: Text(
                en: "`passthru adopt` takes such settings over, by address, so that one place decides.",
                zh: "`passthru adopt` 会按地址接管这些设置，使其只由一处决定。"
            ),
            actor: .passthru
        ).repaired(by: .adopt)
    }

    /// Proxmox keeps the ids to notice that another device has come to the address.
    private static func mapping(_ mapping: BootBindings.Mapping, _ functions: [PCIFunction]) -> Finding.Answer {
        let evidence = Text(verbatim: "/etc/pve/mapping/pci.cfg: \(mapping.name) → \(mapping.path)")
        let first = mapping.path.split(separator: ";").first.map(String.init) ?? ""
        let whole = first.contains(".") ? first : first + ".0"
        let remedy = Text(
            en: "Edit the mapping \(mapping.name) in Proxmox (Datacenter, Resource Mappings).",
            zh: "请在 Proxmox 中修改映射 \(mapping.name)（数据中心，资源映射）。"
        )
        guard let address = PCIAddress(whole), let function = functions.first(where: { $0.address == address }) else {
            let missing = Text(en: ", and there is no such device", zh: "，但没有这个设备")
            return .problem(evidence + missing, remedy: remedy, actor: .owner)
        }
        guard mapping.id == nil || mapping.id == function.id else {
            return .problem(
                evidence
                    + Text(
                        en: " was \(mapping.id ?? ""), and is \(function.id) now",
                        zh: " 原来是 \(mapping.id ?? "")，现在是 \(function.id)"
                    ),
                remedy: remedy,
                actor: .owner
            )
        }
        return .ok(evidence)
    }
}
